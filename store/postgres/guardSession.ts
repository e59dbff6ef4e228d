import type { Client } from 'pg'
import { UnreadableValue } from './typeParsers.ts'

type Done = (error: Error | null, result?: unknown) => void

/** The database cannot be reached or used, or does not answer: whatever was sent to it may have happened. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable'
}

/**
 * Makes a connection tell what its answers mean. A COMMIT that PostgreSQL answers with ROLLBACK, since a statement
 * of the transaction had failed, is an error. After an error that did not come from the server nobody knows what
 * happened: it is DatabaseUnavailable, and the connection is not used again. Nor is one whose prepared statements do not fit
 * the schema any more.
 */
export function guardSession(connection: Client): void {
  const original: unknown = connection.query.bind(connection)
  if (typeof original !== 'function') throw new TypeError('no query method')
  const query = (config: unknown, ...rest: readonly unknown[]): void => {
    const done = rest.at(-1)
    if (typeof done !== 'function') throw new TypeError('a query without a callback')
    const answer: Done = (error, result) => {
      const told = toldError(connection, error, isCommit(config) ? result : undefined)
      Reflect.apply(done, undefined, [told, result])
    }
    Reflect.apply(original, connection, [config, ...rest.slice(0, -1), answer])
  }
  connection.on('error', (error) => {
    leave(connection, error)
  })
  connection.on('end', () => {
    leave(connection, new Error('the connection ended'))
  })
  Object.defineProperty(connection, 'query', { value: query, configurable: true, writable: true })
}

/** Whether no transaction is open on it, as far as the server has answered. */
export function isIdle(connection: Client): boolean {
  return connection.getTransactionStatus() === 'I'
}

const COMMIT = /^\s*(commit|end)\b/i
const STALE = new Set(['0A000', '26000'])

function isCommit(config: unknown): boolean {
  const text = typeof config === 'object' && config !== null && 'text' in config ? config.text : config
  return typeof text === 'string' && COMMIT.test(text)
}

function toldError(connection: Client, error: Error | null, committed: unknown): Error | null {
  if (error === null)
    return isRolledBack(committed)
      ? new Error('nothing was committed: a statement of the transaction had failed')
      : null
  if (error instanceof UnreadableValue) return error
  const state = sqlStateOf(error)
  if (state === undefined || STALE.has(state)) leave(connection, error)
  return state === undefined
    ? new DatabaseUnavailable('the database does not answer', { cause: error })
    : error
}

function isRolledBack(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'command' in result && result.command === 'ROLLBACK'
}

/** Knex's own mark: its pool gives the connection to nobody any more. */
function leave(connection: Client, error: Error): void {
  Object.defineProperty(connection, '__knex__disposed', { value: error, configurable: true, writable: true })
}

/** SQLSTATE of an error that the server sent. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
