import assert from 'node:assert/strict'
import { join } from 'node:path'
import { openDatabase } from '../../src/adapters/db/open.ts'
import { memberOf, textIn } from './bodyOf.ts'
import type { TestSsa } from './buildSsa.ts'

/** Rows of the SSA's journal so far. */
export async function journalLength(ssa: TestSsa): Promise<number> {
  return (await journalRows(ssa)).length
}

/** Restarts the SSA, so that it writes what it has counted, and returns every count that is in its journal. */
export async function journalledCounts(ssa: TestSsa): Promise<readonly unknown[]> {
  await ssa.restart()
  return (await journalRows(ssa)).flatMap((row) => {
    const event: unknown = JSON.parse(textIn(row, 'event'))
    const counts = memberOf(event, 'counts')
    return Array.isArray(counts) ? counts.map((count: unknown) => count) : []
  })
}

async function journalRows(ssa: TestSsa): Promise<readonly unknown[]> {
  const database = await openDatabase(join(ssa.folder, 'ssa.db'))
  const rows: unknown = await database('journal').orderBy('sequence').select('type', 'event')
  await database.destroy()
  assert.ok(Array.isArray(rows))
  return rows.map((row: unknown) => row)
}
