import type { SqlValue } from './valuesList.ts'

/** `integer`: up to 2^53. */
export type SqlType = 'text' | 'integer' | 'bytes'

/** A list is an array of PostgreSQL. */
export type SqlParameter = SqlValue | readonly SqlValue[]

/** A part of a statement's text, and what stands for its question marks. */
export interface Fragment {
  readonly text: string
  readonly values: readonly SqlParameter[]
}

/** What SQLite and PostgreSQL say differently. Statements are the same texts but for these parts. */
export interface Dialect {
  /**
   * Rows as a table with the columns `column1`, `column2`, and so on, of these types: for `insert into t (…) ${text}`,
   * `from (${text}) as wanted` and `in (${text})`.
   */
  list(types: readonly SqlType[], rows: readonly (readonly SqlValue[])[]): Fragment
  /** `in (?, ?)` or what is the same. */
  among(type: SqlType, values: readonly SqlValue[]): Fragment
  /**
   * Ends a `select` of rows that must stay as they are until this transaction ends, or that it will change. Empty
   * where there is one writer at a time. Order the rows: two that lock the same ones in another order wait for each
   * other.
   */
  readonly locking: Readonly<Record<'share' | 'change', string>>
  /** Brings what was deleted or replaced out of the write-ahead log, where that is ours; answers whether it was busy. */
  readonly emptyLog: string | undefined
  /** Runs one statement on a connection of the pool. */
  run(connection: unknown, text: string, values: readonly SqlParameter[]): Promise<readonly unknown[]>
}
