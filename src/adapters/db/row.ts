/** The one way out of a database row: `unknown` columns to types. A row that does not fit is a broken database. */
export type Row = Readonly<Record<string, unknown>>

/** The one row of a query, or undefined. */
export function rowOf(result: unknown): Row | undefined {
  if (result === undefined) return undefined
  if (!isRow(result)) throw new BrokenRow('not a row')
  return result
}

export function rowsOf(result: unknown): readonly Row[] {
  if (!Array.isArray(result)) throw new BrokenRow('not rows')
  return result.map((row: unknown) => {
    if (!isRow(row)) throw new BrokenRow('not a row')
    return row
  })
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null
}

export class BrokenRow extends Error {
  override readonly name = 'BrokenRow'
}

export function textOf(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new BrokenRow(`${column} is not text`)
  return value
}

export function numberOf(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new BrokenRow(`${column} is not an integer`)
  return value
}

export function bytesOf(row: Row, column: string): Buffer {
  const value = row[column]
  if (!Buffer.isBuffer(value)) throw new BrokenRow(`${column} is not binary`)
  return value
}
