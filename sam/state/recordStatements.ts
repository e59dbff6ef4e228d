import type { RecordKind } from './recordKinds.ts'
import type { SetStatement } from '../../store/gathering.ts'
import type { Sql } from '../../store/sql.ts'

/** What tells one state of a record from any other. */
export interface RecordHead {
  readonly version: number
  readonly mac: Buffer
}

interface RecordName {
  readonly kind: RecordKind
  readonly id: string
}

interface Row extends RecordName, RecordHead {}

interface NewRow extends Row {
  readonly owner: string | undefined
  readonly body: string
}

const nameOf = ({ kind, id }: RecordName): string => `${kind}/${id}`

/** The newest version and MAC of each record. */
export const recordHeads: SetStatement<RecordName, RecordHead | undefined> = {
  run: (sql, items) => heads(sql, items, ''),
}

/** The same in a transaction, until whose end they stay the newest. */
export const keptRecordHeads: SetStatement<RecordName, RecordHead | undefined> = {
  run(sql, items) {
    const { share } = sql.dialect.locking
    return heads(sql, items, share === '' ? '' : `order by kind, id ${share}`)
  },
}

async function heads(
  sql: Sql,
  items: readonly RecordName[],
  ending: string,
): Promise<readonly (RecordHead | undefined)[]> {
  const { text, values } = sql.dialect.list(
    ['text', 'text'],
    items.map(({ kind, id }) => [kind, id]),
  )
  const rows = await sql.rows<Row>(
    `select kind, id, version, mac from record where (kind, id) in (${text}) ${ending}`,
    values,
  )
  const found = new Map(rows.map((row) => [nameOf(row), row]))
  return items.map((item) => found.get(nameOf(item)))
}

/** Stores first versions; false where there is a record of that name. */
export const insertRecords: SetStatement<NewRow, boolean> = {
  async run(sql, items) {
    const { text, values } = sql.dialect.list(
      ['text', 'text', 'integer', 'text', 'text', 'bytes'],
      items.map(({ kind, id, version, owner, body, mac }) => [kind, id, version, owner ?? null, body, mac]),
    )
    const rows = await sql.rows<Row>(
      `insert into record (kind, id, version, owner, body, mac) ${text}
        on conflict (kind, id) do nothing returning kind, id, mac`,
      values,
    )
    return eachIn(items, rows)
  },
}

/** Stores next versions; false where the version before is not the newest one. */
export const replaceRecords: SetStatement<NewRow, boolean> = {
  async run(sql, items) {
    const { text, values } = sql.dialect.list(
      ['text', 'text', 'integer', 'text', 'bytes'],
      items.map(({ kind, id, version, body, mac }) => [kind, id, version, body, mac]),
    )
    const rows = await sql.rows<Row>(
      `update record set version = next.column3, body = next.column4, mac = next.column5
        from (${text}) as next
        where kind = next.column1 and id = next.column2 and version = next.column3 - 1
        returning kind, id, mac`,
      values,
    )
    return eachIn(items, rows)
  },
}

/** Of several that wanted the same record, the one whose MAC it now bears has it. */
function eachIn(items: readonly NewRow[], rows: readonly Row[]): readonly boolean[] {
  const stored = new Map(rows.map((row) => [nameOf(row), row.mac]))
  return items.map((item) => {
    const mac = stored.get(nameOf(item))
    if (mac?.equals(item.mac) !== true) return false
    return stored.delete(nameOf(item))
  })
}
