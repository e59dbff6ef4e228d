import { sqlOf } from '../../store/sql.ts'
import type { Database } from './open.ts'

/**
 * Brings everything out of SQLite's write-ahead log into the database file and empties the log: what was deleted or
 * replaced (`secure_delete` overwrites it) is in neither file after this. On PostgreSQL it is the operator's to erase
 * what is old: docs/security-model.md.
 */
export async function eraseOldPages(database: Database): Promise<void> {
  const { emptyLog } = sqlOf(database.write).dialect
  if (emptyLog === undefined) return
  const rows: unknown = await database.write.raw(emptyLog)
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined
  const isBusy = typeof row === 'object' && row !== null && 'busy' in row && row.busy !== 0
  if (isBusy) throw new Error('the write-ahead log could not be emptied: a reader is in the way')
}
