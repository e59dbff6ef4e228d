import { pathToFileURL } from 'node:url'
import knex, { type Knex } from 'knex'
import { init } from './migrations/0001init.ts'

const MIGRATIONS: Readonly<Record<string, Knex.Migration>> = { '0001init': init }

const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: () => Promise.resolve(Object.keys(MIGRATIONS)),
  getMigrationName: (name) => name,
  getMigration: (name) => {
    const migration = MIGRATIONS[name]
    return migration === undefined
      ? Promise.reject(new Error(`no migration ${name}`))
      : Promise.resolve(migration)
  },
}

/** The database does not exist, or is of another version than this program. */
export class DatabaseNotReady extends Error {
  override readonly name = 'DatabaseNotReady'
}

/** The narrow part of sqlite3's connection that the pragmas need. */
interface RawConnection {
  exec(sql: string, done: (error: Error | null) => void): void
}

/** `rw` never makes a file: knex adds SQLite's flag to create one to whatever flags it is given, a URI may forbid it. */
function connect(file: string, mode: 'rw' | 'rwc'): Knex {
  return knex({
    client: 'sqlite3',
    connection: { filename: `${pathToFileURL(file).href}?mode=${mode}`, flags: ['OPEN_URI'] },
    useNullAsDefault: true,
    // An error's message must not carry the values of its statement.
    compileSqlOnError: false,
    pool: {
      min: 1,
      max: 1,
      // Pragmas hold for one connection. FULL: a commit is on disk when it is acknowledged.
      afterCreate(connection: RawConnection, done: (error: Error | null, connection: RawConnection) => void) {
        connection.exec(
          'PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;',
          (error) => {
            done(error, connection)
          },
        )
      },
    },
  })
}

/**
 * Opens a database that `provision` made. A wrong path fails instead of giving a fresh, empty one. Throws
 * DatabaseNotReady.
 */
export async function openDatabase(file: string): Promise<Knex> {
  const database = connect(file, 'rw')
  try {
    const listed: unknown = await database.migrate.list({ migrationSource })
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
  const database = connect(file, 'rwc')
  await database.migrate.latest({ migrationSource })
  return database
}
