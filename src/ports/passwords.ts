/** Passwords, as argon2id. */
export interface Passwords {
  /** PHC string. */
  hash(password: string): Promise<string>
  /** Without a hash (no such user) it takes the same time and answers false. */
  verify(hash: string | undefined, password: string): Promise<boolean>
}
