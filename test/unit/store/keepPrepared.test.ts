import assert from 'node:assert/strict'
import knexPackage, { type Knex } from 'knex'
import sqlite3 from 'sqlite3'
import { keepPrepared } from '../../../store/keepPrepared.ts'

describe('statements that stay prepared', () => {
  let knex: Knex
  let prepared: string[]
  beforeEach(async () => {
    prepared = []
    knex = knexPackage({
      client: 'sqlite3',
      connection: { filename: ':memory:' },
      useNullAsDefault: true,
      pool: {
        min: 1,
        max: 1,
        afterCreate(connection: sqlite3.Database, done: (error: Error | null, connection: unknown) => void) {
          const prepare = connection.prepare.bind(connection)
          Object.defineProperty(connection, 'prepare', {
            value: (sql: string, ...rest: readonly unknown[]) => {
              prepared.push(sql)
              return Reflect.apply(prepare, connection, [sql, ...rest]) as unknown
            },
          })
          keepPrepared(connection)
          done(null, connection)
        },
      },
    })
    await knex.schema.createTable('one', (table) => {
      table.integer('id').primary()
      table.text('name')
    })
    prepared.length = 0
  })
  afterEach(() => knex.destroy())

  it('prepares a text once, and answers as before: rows, counts, what was inserted', async () => {
    for (let id = 1; id <= 3; id++) {
      const inserted: unknown = await knex('one')
        .insert({ id, name: `n${id}` })
        .returning('id')
      assert.deepEqual(inserted, [{ id }])
      assert.equal(await knex('one').where({ id }).update({ name: 'new' }), 1)
      assert.equal(await knex('one').where({ id, name: 'old' }).update({ name: 'x' }), 0)
    }
    assert.deepEqual(await knex('one').select('id').orderBy('id'), [{ id: 1 }, { id: 2 }, { id: 3 }])
    assert.equal(new Set(prepared).size, prepared.length)
  })

  it('gives the error of a text that cannot be prepared, each time', async () => {
    for (let tries = 0; tries < 2; tries++)
      await assert.rejects(knex.raw('select * from absent'), /no such table/)
    await knex.schema.createTable('absent', (table) => table.integer('id'))
    assert.deepEqual(await knex.raw('select * from absent'), [])
  })

  it('gives the error of a statement that fails, and goes on', async () => {
    await knex('one').insert({ id: 1 })
    await assert.rejects(knex('one').insert({ id: 1 }), { code: 'SQLITE_CONSTRAINT' })
    await knex('one').insert({ id: 2 })
    assert.equal((await knex('one').select()).length, 2)
  })

  it('sees a schema that changed', async () => {
    await knex('one').insert({ id: 1 })
    assert.deepEqual(await knex.raw('select * from one'), [{ id: 1, name: null }])
    await knex.schema.alterTable('one', (table) => table.text('more'))
    assert.deepEqual(await knex.raw('select * from one'), [{ id: 1, name: null, more: null }])
  })

  it('holds no read open that would keep the write-ahead log from being emptied', async () => {
    await knex('one').insert([{ id: 1 }, { id: 2 }])
    await knex('one').where('id', '>', 0).first()
    await knex.schema.dropTable('one')
  })

  it('keeps a bounded number, the newest ones', async () => {
    for (let number = 0; number < 500; number++) await knex.raw(`select ${number} as n`)
    prepared.length = 0
    assert.deepEqual(await knex.raw('select 499 as n'), [{ n: 499 }])
    assert.deepEqual(prepared, [])
    assert.deepEqual(await knex.raw('select 0 as n'), [{ n: 0 }])
    assert.equal(prepared.length, 1)
  })
})
