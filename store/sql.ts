import type { Knex } from 'knex'
import type { Dialect, SqlParameter } from './dialect.ts'
import { postgresDialect } from './postgres/postgresDialect.ts'
import { sqliteDialect } from './sqliteDialect.ts'

/**
 * Statements as texts, handed to the database without knex's builder and runner in between: per statement these take
 * more time than SQLite itself.
 */
export interface Sql {
  readonly dialect: Dialect
  /** The rows that a statement returns; none if it returns nothing. Each `?` stands for the next value. */
  rows<Row>(text: string, values: readonly SqlParameter[]): Promise<readonly Row[]>
}

/** Of knex's client, what lends and takes back a connection; that of a transaction lends its own. */
interface Lender {
  /** As in knex's configuration: `sqlite3` or `pg`. */
  readonly config: { readonly client: unknown }
  acquireConnection(): Promise<unknown>
  releaseConnection(connection: unknown): Promise<void>
}

function lenderOf(knex: Knex): Lender {
  return knex.client as Lender // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- knex does not type its clients
}

function dialectOf(lender: Lender): Dialect {
  return lender.config.client === 'pg' ? postgresDialect : sqliteDialect
}

function sqlOn(dialect: Dialect, connection: unknown): Sql {
  return {
    dialect,
    rows: async <Row>(text: string, values: readonly SqlParameter[]) =>
      (await dialect.run(connection, text, values)) as readonly Row[], // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- as the statement's author says
  }
}

/** Statements on a connection of `knex`; if that is a transaction, in it. */
export function sqlOf(knex: Knex): Sql {
  const lender = lenderOf(knex)
  const dialect = dialectOf(lender)
  return {
    dialect,
    async rows(text, values) {
      const connection = await lender.acquireConnection()
      try {
        return await sqlOn(dialect, connection).rows(text, values)
      } finally {
        await lender.releaseConnection(connection)
      }
    },
  }
}

/**
 * Runs `work` in a transaction of its own: committed when the promise resolves, rolled back when it rejects. `work` must
 * run nothing more once it has failed.
 */
export async function inTransaction<T>(knex: Knex, work: (sql: Sql) => Promise<T>): Promise<T> {
  const lender = lenderOf(knex)
  const connection = await lender.acquireConnection()
  const sql = sqlOn(dialectOf(lender), connection)
  try {
    await sql.rows('BEGIN', [])
    const result = await rolledBackIfItFails(sql, work)
    // Where BEGIN, COMMIT or ROLLBACK fails, the connection itself sees to it that no transaction stays open.
    await sql.rows('COMMIT', [])
    return result
  } finally {
    await lender.releaseConnection(connection)
  }
}

async function rolledBackIfItFails<T>(sql: Sql, work: (sql: Sql) => Promise<T>): Promise<T> {
  try {
    return await work(sql)
  } catch (error) {
    // The error that is told is the first one.
    await sql.rows('ROLLBACK', []).catch(() => undefined)
    throw error
  }
}
