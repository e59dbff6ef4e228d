export interface User {
  readonly userId: string
  readonly signerId: string
  /** argon2id, PHC string. */
  readonly passwordHash: string
}

export interface UserStore {
  find(username: string): Promise<User | undefined>
}
