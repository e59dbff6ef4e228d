import { existsSync } from 'node:fs'
import knexPackage, { type Knex } from 'knex'
import { ConfigError } from '../config.ts'
import { migration0001 } from './migrations/0001init.ts'

/** The CA's database, and one transaction in it. */
export type Database = Knex
export type Transaction = Knex.Transaction

const MIGRATIONS = [migration0001]

interface SqliteConnection {
  run(sql: string, done: (error: Error | null) => void): void
}

const PRAGMAS = [
  'PRAGMA journal_mode = WAL',
  // A commit is on the disk before anybody is told.
  'PRAGMA synchronous = FULL',
  'PRAGMA foreign_keys = ON',
  'PRAGMA busy_timeout = 5000',
]

function setUp(connection: SqliteConnection, done: (error: Error | null, connection: unknown) => void): void {
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
}

/** One connection: transactions run one after another, so a journal entry always sees the one before. */
function connect(file: string): Knex {
  return knexPackage({
    client: 'sqlite3',
    connection: { filename: file },
    useNullAsDefault: true,
    pool: { min: 1, max: 1, afterCreate: setUp },
    migrations: {
      migrationSource: {
        getMigrations: () => Promise.resolve(MIGRATIONS),
        getMigrationName: (migration: (typeof MIGRATIONS)[number]) => migration.name,
        getMigration: (migration: (typeof MIGRATIONS)[number]) => Promise.resolve(migration),
      },
    },
  })
}

/** Makes the database of a new CA, or brings an existing one to the newest schema. */
export async function createDatabase(file: string): Promise<Database> {
  const knex = connect(file)
  await knex.migrate.latest()
  return knex
}

/** Opens the CA's database. Throws ConfigError if there is none: whatever was issued would be forgotten. */
export async function openDatabase(file: string): Promise<Database> {
  if (!existsSync(file))
    throw new ConfigError(`database.file: ${file} does not exist; provision the CA first`)
  return createDatabase(file)
}
