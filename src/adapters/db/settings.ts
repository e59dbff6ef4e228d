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

const CALLBACK_KEY = 'callback-key'

/** The key that callbacks are signed with, PKCS#8 DER; drawn by `draw` where there is none yet. */
export async function callbackKey(database: Knex, draw: () => Buffer): Promise<Buffer> {
  await database('settings').insert({ name: CALLBACK_KEY, value: draw() }).onConflict('name').ignore()
  const found: unknown = await database('settings').where({ name: CALLBACK_KEY }).first()
  const row = rowOf(found)
  if (row === undefined) throw new Error('the database keeps no callback key')
  return bytesOf(row, 'value')
}
