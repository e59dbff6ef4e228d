import { DatabaseUnavailable, sqlStateOf } from './postgres/guardSession.ts'

/**
 * Classes of SQLSTATE that say what the database cannot do, not what the statement got wrong: connection, access,
 * resources such as a full disk, limits, locks and cancelled statements, the operator, the system, broken data.
 */
const FAULT_CLASSES = new Set(['08', '28', '3D', '53', '54', '55', '57', '58', 'F0', 'XX'])
const READ_ONLY = '25006'

/** Whether the database itself failed (gone, disk full, read only, broken), as opposed to work that refused. */
export function isStorageFault(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true
  const state = sqlStateOf(error)
  if (state !== undefined) return state === READ_ONLY || FAULT_CLASSES.has(state.slice(0, 2))
  if (!(error instanceof Error)) return false
  // Every connection of the pool was in use for too long.
  if (error.name === 'KnexTimeoutError') return true
  const code = 'code' in error ? error.code : undefined
  return typeof code === 'string' && code.startsWith('SQLITE_') && code !== 'SQLITE_CONSTRAINT'
}

const TRANSIENT = new Set(['40001', '40P01'])
const UNIQUE = '23505'

/**
 * Whether a transaction failed because another one was at the same rows: it left nothing behind, and run again it may
 * succeed. Also if another transaction has meanwhile stored a row with the key of one in `tables`.
 */
export function isOvertaken(error: unknown, tables: readonly string[]): boolean {
  const state = sqlStateOf(error)
  if (state === undefined) return false
  if (TRANSIENT.has(state)) return true
  const table = error instanceof Error && 'table' in error ? error.table : undefined
  return state === UNIQUE && tables.some((name) => name === table)
}
