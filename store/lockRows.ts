import type { Sql } from './sql.ts'

/**
 * Keeps these rows from being changed by anybody else until this transaction ends, and waits for whoever is changing one;
 * the statements after it see what that left. In the order of the ids, so that no two wait for each other. Nothing to do
 * where there is one writer at a time. `rows` is a table and the beginning of a condition: `activation where`.
 */
export async function lockRows(sql: Sql, rows: string, ids: readonly string[]): Promise<void> {
  const { locking } = sql.dialect
  if (locking.change === '') return
  const { text, values } = sql.dialect.among('text', ids)
  await sql.rows(`select id from ${rows} id ${text} order by id ${locking.change}`, values)
}
