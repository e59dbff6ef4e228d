import type sqlite3 from 'sqlite3'

type Done = (this: unknown, error: Error | null, rows?: unknown) => void
type Call = (sql: string, values: unknown, done: Done) => void

const BOUNDARY = /^\s*(begin|commit|end|rollback)\b/i
const ROLLBACK = /^\s*rollback\b/i

const dropped = new WeakSet<object>()

/**
 * Keeps a transaction from staying open on a connection that goes back to its pool, where the next one would run in it.
 * After a BEGIN or COMMIT that failed everything is rolled back. SQLite itself rolls back at some errors: then nothing
 * is left to roll back, and a ROLLBACK succeeds. At any other error of a ROLLBACK the connection is closed, which rolls
 * back and gives up every lock, and `isDropped` from then on.
 */
export function dropDoubtful(connection: sqlite3.Database): void {
  for (const method of ['all', 'run'] as const) {
    const original: Call = connection[method].bind(connection)
    const rollBack = (done: () => void): void => {
      original('ROLLBACK', [], (error) => {
        if (error === null || isNothingToRollBack(error)) done()
        else drop(connection, done)
      })
    }
    replace(connection, method, (sql: string, values: unknown, done: Done) => {
      if (!BOUNDARY.test(sql)) {
        original(sql, values, done)
        return
      }
      original(sql, values, function (error, rows) {
        const answer = (): void => {
          done.call(this, error, rows)
        }
        if (error === null) answer()
        else if (!ROLLBACK.test(sql)) rollBack(answer)
        else if (isNothingToRollBack(error)) done.call(this, null, [])
        else drop(connection, answer)
      })
    })
  }
  const close = connection.close.bind(connection)
  let isClosed = false
  replace(connection, 'close', (done: (error: Error | null) => void) => {
    // The pool closes what it throws away, too.
    if (isClosed) done(null)
    else
      close((error) => {
        isClosed = error === null
        done(error)
      })
  })
}

/** Whether this connection was closed because nobody knows if a transaction was open on it. */
export function isDropped(connection: object): boolean {
  return dropped.has(connection)
}

/** SQLite has no code of its own for this. */
function isNothingToRollBack(error: Error): boolean {
  return error.message === 'SQLITE_ERROR: cannot rollback - no transaction is active'
}

function drop(connection: sqlite3.Database, done: () => void): void {
  dropped.add(connection)
  connection.close(done)
}

function replace(connection: sqlite3.Database, name: string, value: unknown): void {
  Object.defineProperty(connection, name, { value, configurable: true, writable: true })
}
