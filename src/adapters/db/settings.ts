import { randomBytes } from 'node:crypto'
import type { Knex } from 'knex'
import { bytesOf, rowOf } from './row.ts'

const PAGE_TOKEN_KEY = 'page-token-key'

/** Draws the key of page tokens, unless there is one. */
export async function provisionPageTokenKey(database: Knex): Promise<void> {
  await database('settings')
    .insert({ name: PAGE_TOKEN_KEY, value: randomBytes(32) })
    .onConflict('name')
    .ignore()
}

export async function pageTokenKey(database: Knex): Promise<Buffer> {
  const found: unknown = await database('settings').where({ name: PAGE_TOKEN_KEY }).first()
  const row = rowOf(found)
  if (row === undefined) throw new Error('the database has no page-token key: provision it')
  return bytesOf(row, 'value')
}
