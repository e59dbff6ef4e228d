import { pathToFileURL } from 'node:url'
import knexPackage, { type Knex } from 'knex'
import type sqlite3 from 'sqlite3'
import { dropDoubtful, isDropped } from './dropDoubtful.ts'
import { keepPrepared } from './keepPrepared.ts'
import { migrationSource, type Migration } from './migration.ts'

const PRAGMAS = [
  'PRAGMA busy_timeout = 5000',
  'PRAGMA journal_mode = WAL',
  // A commit is on the disk before anybody is told.
  'PRAGMA synchronous = FULL',
  'PRAGMA foreign_keys = ON',
  // What is deleted or replaced, such as a destroyed key's blob, is overwritten, not only unlinked.
  'PRAGMA secure_delete = ON',
]

/**
 * One connection to a SQLite file. With mode `rw` a missing file is an error at the first statement: knex adds SQLite's
 * flag to create one to whatever flags it is given, but a URI may forbid it.
 */
export function connect(
  file: string,
  options: { readonly mode: 'rw' | 'rwc'; readonly migrations: readonly Migration[] },
): Knex {
  const { migrations } = options
  return knexPackage({
    client: 'sqlite3',
    connection: { filename: `${pathToFileURL(file).href}?mode=${options.mode}`, flags: ['OPEN_URI'] },
    useNullAsDefault: true,
    // An error must not carry the values of the statement that failed.
    compileSqlOnError: false,
    pool: {
      min: 1,
      max: 1,
      afterCreate: prepareConnection,
      validate: (connection: sqlite3.Database) => !isDropped(connection),
    },
    migrations: { migrationSource: migrationSource(migrations) },
  })
}

function prepareConnection(
  connection: sqlite3.Database,
  done: (error: Error | null, connection: unknown) => void,
): void {
  connection.exec(PRAGMAS.join('; '), (error: Error | null) => {
    if (error === null) {
      keepPrepared(connection)
      dropDoubtful(connection)
    }
    done(error, connection)
  })
}
