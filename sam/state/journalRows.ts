import type { JournalRow } from '../journal/journalRow.ts'
import type { SqlType } from '../../store/dialect.ts'
import type { Sql } from '../../store/sql.ts'

/** SQLite takes at most 32766 values in one statement. */
const CHUNK = 1000

const TYPES: readonly SqlType[] = ['text', 'integer', 'integer', 'text', 'text', 'text', 'bytes', 'bytes']

export async function addJournalRows(sql: Sql, rows: readonly JournalRow[]): Promise<void> {
  for (let at = 0; at < rows.length; at += CHUNK) {
    const { text, values } = sql.dialect.list(
      TYPES,
      rows
        .slice(at, at + CHUNK)
        .map((row) => [
          row.node,
          row.sequence,
          row.time,
          row.type,
          row.request_id,
          row.event,
          row.leaf,
          row.chain,
        ]),
    )
    await sql.rows(
      `insert into journal (node, sequence, time, type, request_id, event, leaf, chain) ${text}`,
      values,
    )
  }
}
