import sqlite3, { type Statement } from 'sqlite3'

/** Enough for every text that the SAM writes; lists of unusual length push out what was not used for longest. */
const MOST = 200

type Done = (this: unknown, error: Error | null, rows?: unknown) => void

/**
 * Keeps a connection's statements prepared: sqlite3 itself prepares and finalizes one at every call, each a way through
 * the thread pool of its own. The connection must be used by one caller at a time, as knex's pool sees to.
 */
export function keepPrepared(connection: sqlite3.Database): void {
  const kept = new Map<string, Statement>()
  const withPrepared = (sql: string, failed: (error: Error) => void, use: (one: Statement) => void): void => {
    const known = kept.get(sql)
    if (known !== undefined) {
      kept.delete(sql)
      kept.set(sql, known)
      use(known)
      return
    }
    const statement: Statement = connection.prepare(sql, (error: Error | null) => {
      if (error !== null) {
        failed(error)
        return
      }
      kept.set(sql, statement)
      const [oldest] = kept
      if (kept.size > MOST && oldest !== undefined) {
        kept.delete(oldest[0])
        oldest[1].finalize()
      }
      use(statement)
    })
  }
  const replace = (name: string, value: unknown): void => {
    Object.defineProperty(connection, name, { value, configurable: true, writable: true })
  }
  for (const method of ['all', 'run'] as const)
    replace(method, (sql: string, values: unknown, done: Done) => {
      withPrepared(
        sql,
        (error) => {
          done.call(connection, error)
        },
        (statement) => {
          statement[method](values, done)
        },
      )
    })
  replace('close', (done: (error: Error | null) => void) => {
    for (const statement of kept.values()) statement.finalize()
    kept.clear()
    sqlite3.Database.prototype.close.call(connection, done)
  })
}
