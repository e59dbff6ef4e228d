import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import type { UserStore } from '../../ports/userStore.ts'
import { rowOf, textOf } from './row.ts'

export function createUserStore(database: Knex): UserStore {
  return {
    async find(username) {
      const found: unknown = await database('users').where({ username }).first()
      const row = rowOf(found)
      if (row === undefined) return undefined
      return {
        userId: textOf(row, 'user_id'),
        signerId: textOf(row, 'signer_id'),
        passwordHash: textOf(row, 'password_hash'),
      }
    },
  }
}

/** A user name that is taken, for another signer. */
export class UserExists extends Error {
  override readonly name = 'UserExists'
}

/** Adds a user, or changes the password of one with the same signer. Throws UserExists. Returns the user's id. */
export async function saveUser(
  database: Knex,
  user: { readonly username: string; readonly passwordHash: string; readonly signerId: string },
): Promise<string> {
  return database.transaction(async (transaction) => {
    const found: unknown = await transaction('users').where({ username: user.username }).first()
    const row = rowOf(found)
    if (row === undefined) {
      const userId = randomUUID()
      await transaction('users').insert({
        user_id: userId,
        username: user.username,
        password_hash: user.passwordHash,
        signer_id: user.signerId,
      })
      return userId
    }
    if (textOf(row, 'signer_id') !== user.signerId)
      throw new UserExists('the user name belongs to another signer')
    const userId = textOf(row, 'user_id')
    await transaction('users').where({ user_id: userId }).update({ password_hash: user.passwordHash })
    return userId
  })
}
