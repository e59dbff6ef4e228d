import { existsSync } from 'node:fs'
import knexPackage, { type Knex } from 'knex'
import { migration0001 } from './migrations/0001init.ts'

const MIGRATIONS = [migration0001]

interface SqliteConnection {
  run(sql: string, done: (error: Error | null) => void): void
}

const PRAGMAS = [
  'PRAGMA journal_mode = WAL',
  // A commit is on the disk before anybody is told.
  'PRAGMA synchronous = FULL',
  'PRAGMA foreign_keys = ON',
  // A destroyed key's blob is overwritten, not only unlinked.
  'PRAGMA secure_delete = ON',
  'PRAGMA busy_timeout = 5000',
]

function connect(file: string): Knex {
  return knexPackage({
    client: 'sqlite3',
    connection: { filename: file },
    useNullAsDefault: true,
    // An error must not carry the values of the statement that failed.
    compileSqlOnError: false,
    pool: {
      min: 1,
      max: 1,
      afterCreate(connection: SqliteConnection, done: (error: Error | null, connection: unknown) => void) {
        const next = (index: number): void => {
          const pragma = PRAGMAS[index]
          if (pragma === undefined) {
            done(null, connection)
            return
          }
          connection.run(pragma, (error) => {
            if (error) done(error, connection)
            else next(index + 1)
          })
        }
        next(0)
      },
    },
    migrations: {
      migrationSource: {
        getMigrations: () => Promise.resolve(MIGRATIONS),
        getMigrationName: (migration: (typeof MIGRATIONS)[number]) => migration.name,
        getMigration: (migration: (typeof MIGRATIONS)[number]) => Promise.resolve(migration),
      },
    },
  })
}

/** Two connections on one file: WAL lets reads go on while the one writer commits. */
export interface Database {
  readonly write: Knex
  readonly read: Knex
  close(): Promise<void>
}

/** Makes the database of a new SAM. Throws if there is one. */
export async function createDatabase(file: string): Promise<void> {
  if (existsSync(file)) throw new Error(`database.file: ${file} exists`)
  const knex = connect(file)
  await knex.migrate.latest()
  await knex.destroy()
}

/** Opens the SAM's database. A missing file is an error: an empty ledger would be a rollback. */
export async function openDatabase(file: string): Promise<Database> {
  if (!existsSync(file)) throw new Error(`database.file: ${file} does not exist; provision the SAM first`)
  const write = connect(file)
  await write.migrate.latest()
  const read = connect(file)
  return {
    write,
    read,
    async close() {
      await read.destroy()
      await write.destroy()
    },
  }
}
