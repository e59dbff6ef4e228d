import type { Knex } from 'knex'
import type { SqlValue } from './valuesList.ts'

/**
 * Statements as texts, handed to the database without knex's builder and runner in between: per statement these take
 * more time than SQLite itself.
 */
export interface Sql {
  /** The rows that a statement returns; none if it returns nothing. Each `?` stands for the next value. */
  rows<Row>(text: string, values: readonly SqlValue[]): Promise<readonly Row[]>
}

interface Connection {
  all(
    text: string,
    values: readonly SqlValue[],
    done: (error: Error | null, rows: readonly unknown[]) => void,
  ): void
}

/** Of knex's client, what lends and takes back a connection; that of a transaction lends its own. */
interface Lender {
  acquireConnection(): Promise<Connection>
  releaseConnection(connection: Connection): Promise<void>
}

function lenderOf(knex: Knex): Lender {
  return knex.client as Lender // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- knex does not type its clients
}

function rowsOf<Row>(
  connection: Connection,
  text: string,
  values: readonly SqlValue[],
): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    connection.all(text, values, (error, rows) => {
      if (error === null)
        resolve(rows as readonly Row[]) // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- as the statement's author says
      else reject(error)
    })
  })
}

/** Statements on a connection of `knex`; if that is a transaction, in it. */
export function sqlOf(knex: Knex): Sql {
  const lender = lenderOf(knex)
  return {
    async rows(text, values) {
      const connection = await lender.acquireConnection()
      try {
        return await rowsOf(connection, text, values)
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
  try {
    await rowsOf(connection, 'BEGIN', [])
    const result = await rolledBackIfItFails(connection, work)
    // Where BEGIN, COMMIT or ROLLBACK fails, the connection itself sees to it that no transaction stays open.
    await rowsOf(connection, 'COMMIT', [])
    return result
  } finally {
    await lender.releaseConnection(connection)
  }
}

async function rolledBackIfItFails<T>(connection: Connection, work: (sql: Sql) => Promise<T>): Promise<T> {
  try {
    return await work({ rows: (text, values) => rowsOf(connection, text, values) })
  } catch (error) {
    // The error that is told is the first one.
    await rowsOf(connection, 'ROLLBACK', []).catch(() => undefined)
    throw error
  }
}
