export type SqlValue = string | number | Buffer | null

/**
 * `values (?, ?), (?, ?)` for a set statement, and what stands for the question marks. SQLite and PostgreSQL both name
 * the columns `column1`, `column2`, and so on.
 */
export function valuesList(rows: readonly (readonly SqlValue[])[]): {
  readonly text: string
  readonly values: readonly SqlValue[]
} {
  const one = `(${questionMarks(rows[0]?.length ?? 0)})`
  const values: SqlValue[] = []
  // `flat` is ten times as slow, and this is done for each statement.
  for (const row of rows) for (const value of row) values.push(value)
  return { text: `values ${repeated(one, rows.length)}`, values }
}

/** `?, ?, ?`: so many. */
export function questionMarks(count: number): string {
  return repeated('?', count)
}

function repeated(text: string, count: number): string {
  return count === 0 ? '' : text + `, ${text}`.repeat(count - 1)
}
