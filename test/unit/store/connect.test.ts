import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Knex } from 'knex'
import { connect } from '../../../store/connect.ts'

const migration = {
  name: 'tables',
  async up(knex: Knex): Promise<void> {
    await knex.schema.createTable('owner', (table) => {
      table.integer('id').primary()
    })
    await knex.schema.createTable('thing', (table) => {
      table.integer('id').primary()
      table.integer('owner').references('owner.id')
    })
  },
  down: (): Promise<void> => Promise.resolve(),
}

describe('a SQLite file after something went wrong', () => {
  let folder: string
  let one: Knex
  let other: Knex
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chancery-store-'))
    const open = (): Knex => connect(join(folder, 'x.db'), { mode: 'rwc', migrations: [migration] })
    one = open()
    await one.migrate.latest()
    other = open()
    await one.raw('pragma busy_timeout = 50')
  })
  afterEach(async () => {
    await one.destroy()
    await other.destroy()
    rmSync(folder, { recursive: true })
  })
  const seen = (): Promise<number> =>
    other('owner')
      .select('id')
      .then((rows) => rows.length)

  it('commits what it acknowledges after a statement that was kept out', async () => {
    await one('owner').insert({ id: 1 })
    await other.raw('begin immediate')
    // Asked for once: the next call of the same text would reset it.
    await assert.rejects(one('owner').where({ id: 1 }).update({ id: 2 }), { code: 'SQLITE_BUSY' })
    await other.raw('rollback')
    for (const id of [3, 4]) await one('owner').insert({ id })
    assert.equal(await seen(), 3)
    // Nothing of it holds the file any more.
    await other('thing').insert({ id: 2 })
  })

  it('begins and commits a transaction after one that was kept out', async () => {
    await other.raw('begin immediate')
    await assert.rejects(
      one.transaction(async (trx) => {
        await trx('owner').where({ id: 1 }).update({ id: 2 })
      }),
      { code: 'SQLITE_BUSY' },
    )
    await other.raw('rollback')
    for (const id of [3, 4])
      await one.transaction(async (trx) => {
        await trx('owner').insert({ id })
      })
    assert.equal(await seen(), 2)
  })

  it('begins another transaction after a COMMIT that failed', async () => {
    await assert.rejects(
      one.transaction(async (trx) => {
        await trx.raw('pragma defer_foreign_keys = on')
        await trx('thing').insert({ id: 1, owner: 7 })
      }),
      { code: 'SQLITE_CONSTRAINT' },
    )
    await one.transaction(async (trx) => {
      await trx('owner').insert({ id: 1 })
    })
    assert.equal(await seen(), 1)
    assert.equal((await other('thing').select('id')).length, 0)
  })
})
