import sqlite3, { type Statement } from 'sqlite3'

/** Enough for every text that the SAM writes; lists of unusual length push out what was not used for longest. */
const MOST = 200

type Done = (this: unknown, error: Error | null, rows?: unknown) => void

/**
 * Keeps a connection's statements prepared: sqlite3 itself prepares and finalizes one at every call, each a way through
 * the thread pool of its own. The connection must be used by one caller at a time, as knex's pool sees to.
 *
 * A statement that failed is finalized: sqlite3 does not reset it, and one that is still running keeps SQLite from
 * committing anything on its connection, while every later call says that it did.
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
      // Prepared by another call meanwhile: one of the two is enough.
      kept.get(sql)?.finalize()
      kept.set(sql, statement)
      const [oldest] = kept
      if (kept.size > MOST && oldest !== undefined) {
        kept.delete(oldest[0])
        oldest[1].finalize()
      }
      use(statement)
    })
  }
  const giveUp = (sql: string, statement: Statement, then: () => void): void => {
    if (kept.get(sql) === statement) kept.delete(sql)
    statement.finalize(then)
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
          statement[method](values, function (this: unknown, error: Error | null, rows?: unknown) {
            if (error === null) done.call(this, null, rows)
            else
              giveUp(sql, statement, () => {
                done.call(this, error)
              })
          })
        },
      )
    })
  replace('close', (done: (error: Error | null) => void) => {
    for (const statement of kept.values()) statement.finalize()
    kept.clear()
    sqlite3.Database.prototype.close.call(connection, done)
  })
}
