import type { Knex } from 'knex'

type Done = (error: Error | null, result?: unknown) => void
type Call = (sql: string, values: unknown, done: Done) => void

export interface CommitFaults {
  /** Commits so far. */
  readonly count: number
  /** Makes one commit, counted from now (1 is the next), answer a disk error: after it was stored, or instead. */
  failOne(at: number, kind: 'stored' | 'not stored'): void
  undo(): void
}

function diskError(): Error {
  return Object.assign(new Error('SQLITE_IOERR: disk I/O error'), { code: 'SQLITE_IOERR', errno: 10 })
}

/** Puts a hand on the one connection of a writing knex, where SQLite answers. */
export async function commitFaults(knex: Knex): Promise<CommitFaults> {
  const client: unknown = knex.client
  const connection: unknown = await called(client, 'acquireConnection')
  await called(client, 'releaseConnection', connection)
  if (typeof connection !== 'object' || connection === null) throw new Error('no connection')
  const original: unknown = Reflect.get(connection, 'all')
  const all: Call = (sql, values, done) => {
    if (typeof original === 'function') Reflect.apply(original, connection, [sql, values, done])
  }
  let count = 0
  let fault: { readonly at: number; readonly kind: 'stored' | 'not stored' } | undefined
  const standIn: Call = (sql, values, done) => {
    if (!sql.startsWith('COMMIT')) {
      all(sql, values, done)
      return
    }
    count++
    if (fault?.at !== count) {
      all(sql, values, done)
      return
    }
    // As SQLite does when a commit fails: nothing of the transaction is left.
    all(fault.kind === 'stored' ? sql : 'ROLLBACK', [], () => {
      done(diskError())
    })
  }
  Object.defineProperty(connection, 'all', { value: standIn, configurable: true })
  return {
    get count() {
      return count
    },
    failOne(at, kind) {
      fault = { at: count + at, kind }
    },
    undo() {
      Reflect.deleteProperty(connection, 'all')
    },
  }
}

function called(target: unknown, method: string, ...given: readonly unknown[]): unknown {
  if (typeof target !== 'object' || target === null) throw new Error('no knex client')
  const found: unknown = Reflect.get(target, method)
  if (typeof found !== 'function') throw new Error(`no method ${method}`)
  return Reflect.apply(found, target, given)
}
