import { existsSync } from 'node:fs'
import type { Knex } from 'knex'
import { connect } from './connect.ts'
import type { DatabaseConfig } from './databaseConfig.ts'
import type { Migration } from './migration.ts'
import { connectPostgres } from './postgres/connectPostgres.ts'

interface StoreOptions {
  readonly migrations: readonly Migration[]
  /** What PostgreSQL calls our connections. */
  readonly name: string
}

/**
 * A pool of connections to a database; nothing is asked of it yet. A SQLite file that is missing is made with mode
 * `rwc` only. Of SQLite there is always one connection; `connections`, 1 unless told otherwise, is for PostgreSQL.
 */
export function openStore(
  database: DatabaseConfig,
  options: StoreOptions & { readonly mode: 'rw' | 'rwc'; readonly connections?: number },
): Knex {
  const { migrations, mode, name, connections = 1 } = options
  return 'file' in database
    ? connect(database.file, { mode, migrations })
    : connectPostgres(database.postgres, { migrations, connections, name })
}

/** Whether a schema was ever begun there. Throws if that cannot be seen. */
export async function storeExists(database: DatabaseConfig): Promise<boolean> {
  if ('file' in database) return existsSync(database.file)
  const knex = connectPostgres(database.postgres, { migrations: [], connections: 1, name: 'chancery' })
  try {
    return await knex.schema.hasTable('knex_migrations')
  } finally {
    await knex.destroy()
  }
}
