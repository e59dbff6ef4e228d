import assert from 'node:assert/strict'
import type { Knex } from 'knex'
import type { EventType } from '../../sam/journal/events.ts'
import type { SamFolder } from './samFolder.ts'

/** An entry of the SAM's journal, as whoever has the database reads it. */
export interface JournalEntry {
  readonly sequence: number
  readonly type: EventType
  readonly requestId: string
  text(field: string): string
  texts(field: string): readonly string[]
  numbers(field: string): readonly number[]
  number(field: string): number
}

/** Opens the database of a SAM beside the SAM itself, for reading only. */
export async function withDatabase<T>(site: SamFolder, read: (knex: Knex) => Promise<T>): Promise<T> {
  const knex = site.database.open()
  try {
    return await read(knex)
  } finally {
    await knex.destroy()
  }
}

interface Row {
  readonly sequence: number
  readonly type: EventType
  readonly request_id: string | null
  readonly event: string
}

/** The whole journal of a SAM, the first entry first. */
export async function journalEntries(knex: Knex): Promise<readonly JournalEntry[]> {
  const rows: Row[] = await knex<Row>('journal').orderBy('sequence')
  return rows.map(entryOf)
}

function entryOf(row: Row): JournalEntry {
  const fields: unknown = JSON.parse(row.event)
  const field = (name: string): unknown => {
    assert.ok(typeof fields === 'object' && fields !== null && name in fields, `${row.type} has no ${name}`)
    return Object.entries(fields).find(([key]) => key === name)?.[1]
  }
  const list = (name: string): readonly unknown[] => {
    const value = field(name)
    assert.ok(Array.isArray(value), `${row.type}.${name} is no list`)
    return value
  }
  return {
    sequence: row.sequence,
    type: row.type,
    requestId: row.request_id ?? '',
    text: (name) => String(field(name)),
    texts: (name) => list(name).map(String),
    numbers: (name) => list(name).map(Number),
    number: (name) => Number(field(name)),
  }
}
