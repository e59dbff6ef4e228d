import type { Knex } from 'knex'
import { connect } from '../../../store/connect.ts'
import { migration0001 } from './migrations/0001init.ts'
import { migration0002 } from './migrations/0002asynchronous.ts'
import { migration0003 } from './migrations/0003outcomeBytes.ts'

const MIGRATIONS = [migration0001, migration0002, migration0003]

/** The database does not exist, or is of another version than this program. */
export class DatabaseNotReady extends Error {
  override readonly name = 'DatabaseNotReady'
}

/**
 * Opens a database that `provision` made. A wrong path fails instead of giving a fresh, empty one. Throws
 * DatabaseNotReady.
 */
export async function openDatabase(file: string): Promise<Knex> {
  const database = connect(file, { mode: 'rw', migrations: MIGRATIONS })
  try {
    const listed: unknown = await database.migrate.list()
    const pending: unknown = Array.isArray(listed) ? listed[1] : undefined
    if (!Array.isArray(pending) || pending.length > 0)
      throw new DatabaseNotReady(`${file} is of an older version: provision it`)
    return database
  } catch (error) {
    await database.destroy()
    if (error instanceof DatabaseNotReady) throw error
    throw new DatabaseNotReady(`${file} cannot be opened: provision it`, { cause: error })
  }
}

/** Makes the database, or brings it to this version. Safe to repeat. */
export async function provisionDatabase(file: string): Promise<Knex> {
  const database = connect(file, { mode: 'rwc', migrations: MIGRATIONS })
  await database.migrate.latest()
  return database
}
