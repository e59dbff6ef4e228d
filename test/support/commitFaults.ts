import type { Knex } from 'knex'

type Done = (error: Error | null, result?: unknown) => void

export interface CommitFaults {
  /** Commits so far. */
  readonly count: number
  /** Makes one commit, counted from now (1 is the next), answer a disk error: after it was stored, or instead. */
  failOne(at: number, kind: 'stored' | 'not stored'): void
  undo(): void
}

/** The method of a connection through which all statements go, and the error of a disk, by knex's name of the client. */
const CLIENTS: Readonly<Record<string, { readonly method: string; readonly diskError: () => Error }>> = {
  sqlite3: {
    method: 'all',
    diskError: () =>
      Object.assign(new Error('SQLITE_IOERR: disk I/O error'), { code: 'SQLITE_IOERR', errno: 10 }),
  },
  pg: {
    method: 'query',
    diskError: () => Object.assign(new Error('could not write'), { code: '58030', severity: 'PANIC' }),
  },
}

/** Puts a hand on the one connection of a writing knex, where the database answers. */
export async function commitFaults(knex: Knex): Promise<CommitFaults> {
  const client: unknown = knex.client
  const { method, diskError } = kindOf(client)
  const connection: unknown = await called(client, 'acquireConnection')
  await called(client, 'releaseConnection', connection)
  if (typeof connection !== 'object' || connection === null) throw new Error('no connection')
  const original: unknown = Reflect.get(connection, method)
  if (typeof original !== 'function') throw new Error(`no method ${method}`)
  const run = (given: readonly unknown[]): void => {
    Reflect.apply(original, connection, given)
  }
  let count = 0
  let fault: { readonly at: number; readonly kind: 'stored' | 'not stored' } | undefined
  const standIn = (...given: readonly unknown[]): void => {
    const done = given.at(-1)
    if (!textOf(given[0]).startsWith('COMMIT') || !isDone(done)) {
      run(given)
      return
    }
    count++
    if (fault?.at !== count) {
      run(given)
      return
    }
    // As the database does when a commit fails: nothing of the transaction is left.
    run([
      fault.kind === 'stored' ? 'COMMIT' : 'ROLLBACK',
      [],
      () => {
        done(diskError())
      },
    ])
  }
  Object.defineProperty(connection, method, { value: standIn, configurable: true, writable: true })
  return {
    get count() {
      return count
    },
    failOne(at, kind) {
      fault = { at: count + at, kind }
    },
    undo() {
      Object.defineProperty(connection, method, { value: original, configurable: true, writable: true })
    },
  }
}

function kindOf(client: unknown): (typeof CLIENTS)[string] {
  const config: unknown =
    typeof client === 'object' && client !== null ? Reflect.get(client, 'config') : undefined
  const name: unknown =
    typeof config === 'object' && config !== null ? Reflect.get(config, 'client') : undefined
  const kind = CLIENTS[String(name)]
  if (kind === undefined) throw new Error('no knex client')
  return kind
}

/** SQLite is given the text itself, PostgreSQL may be given it with the rest of the query. */
function textOf(query: unknown): string {
  const text = typeof query === 'object' && query !== null && 'text' in query ? query.text : query
  return String(text)
}

function isDone(value: unknown): value is Done {
  return typeof value === 'function'
}

function called(target: unknown, method: string, ...given: readonly unknown[]): unknown {
  if (typeof target !== 'object' || target === null) throw new Error('no knex client')
  const found: unknown = Reflect.get(target, method)
  if (typeof found !== 'function') throw new Error(`no method ${method}`)
  return Reflect.apply(found, target, given)
}
