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
  return { text: `values ${rows.map(() => one).join(', ')}`, values: rows.flat() }
}

/** `?, ?, ?`: so many. */
export function questionMarks(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ')
}
