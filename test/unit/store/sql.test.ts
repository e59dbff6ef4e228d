import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Knex } from 'knex'
import { connect } from '../../../store/connect.ts'
import { inTransaction, sqlOf } from '../../../store/sql.ts'

const migration = {
  name: 'tables',
  async up(knex: Knex): Promise<void> {
    await knex.schema.createTable('owner', (table) => {
      table.integer('id').primary()
      table.binary('name')
    })
    await knex.schema.createTable('thing', (table) => {
      table.integer('id').primary()
      table.integer('owner').references('owner.id')
    })
  },
  down: (): Promise<void> => Promise.resolve(),
}

describe('statements as texts', () => {
  let folder: string
  let one: Knex
  let other: Knex
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chancery-sql-'))
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
  const ids = async (): Promise<readonly number[]> =>
    (await sqlOf(other).rows<{ id: number }>('select id from owner order by id', [])).map(({ id }) => id)
  const add = 'insert into owner (id, name) values (?, ?) returning id'

  it('take values and give rows', async () => {
    const sql = sqlOf(one)
    assert.deepEqual(await sql.rows(add, [1, Buffer.of(7)]), [{ id: 1 }])
    assert.deepEqual(await sql.rows('update owner set name = null where id = 2', []), [])
    assert.deepEqual(await sql.rows('select * from owner where id in (?, ?)', [1, 2]), [
      { id: 1, name: Buffer.of(7) },
    ])
  })

  it('give the error of SQLite, with its code and without a value', async () => {
    await sqlOf(one).rows(add, [1, 'a secret'])
    await assert.rejects(sqlOf(one).rows(add, [1, 'a secret']), (error: Error) => {
      assert.equal(Reflect.get(error, 'code'), 'SQLITE_CONSTRAINT')
      return !error.message.includes('a secret')
    })
    await assert.rejects(sqlOf(one).rows('select * from absent', []), /no such table/)
  })

  it("run in knex's transaction, where there is one", async () => {
    const refused = new Error('refused')
    await assert.rejects(
      one.transaction(async (trx) => {
        await sqlOf(trx).rows(add, [1, null])
        throw refused
      }),
      refused,
    )
    assert.deepEqual(await ids(), [])
  })

  it('are on the disk when their transaction is done, all of them, and not before', async () => {
    const result = await inTransaction(one, async (sql) => {
      await sql.rows(add, [1, null])
      await sql.rows(add, [2, null])
      assert.deepEqual(await ids(), [])
      return 'done'
    })
    assert.equal(result, 'done')
    assert.deepEqual(await ids(), [1, 2])
  })

  it('leave nothing behind if the work of their transaction fails', async () => {
    const refused = new Error('refused')
    await assert.rejects(
      inTransaction(one, async (sql) => {
        await sql.rows(add, [1, null])
        throw refused
      }),
      refused,
    )
    await inTransaction(one, (sql) => sql.rows(add, [2, null]))
    assert.deepEqual(await ids(), [2])
  })

  it('leave nothing behind if the commit fails, and the next transaction begins', async () => {
    await assert.rejects(
      inTransaction(one, async (sql) => {
        await sql.rows('pragma defer_foreign_keys = on', [])
        await sql.rows(add, [1, null])
        await sql.rows('insert into thing (id, owner) values (1, 7)', [])
      }),
      { code: 'SQLITE_CONSTRAINT' },
    )
    await inTransaction(one, (sql) => sql.rows(add, [2, null]))
    assert.deepEqual(await ids(), [2])
  })

  it('leave nothing behind if SQLite itself rolled back, and its error is the one that is told', async () => {
    await assert.rejects(
      inTransaction(one, async (sql) => {
        await sql.rows(add, [1, null])
        await sql.rows('insert or rollback into owner (id) values (1)', [])
      }),
      { code: 'SQLITE_CONSTRAINT' },
    )
    await inTransaction(one, (sql) => sql.rows(add, [2, null]))
    assert.deepEqual(await ids(), [2])
  })

  it('wait for their turn while a transaction has the connection', async () => {
    const order: string[] = []
    await Promise.all([
      inTransaction(one, async (sql) => {
        await sql.rows(add, [1, null])
        await new Promise((resolve) => setTimeout(resolve, 20))
        order.push('transaction')
      }),
      sqlOf(one)
        .rows(add, [2, null])
        .then(() => order.push('statement')),
    ])
    assert.deepEqual(order, ['transaction', 'statement'])
  })

  it('begin nothing that is kept out, and go on after it', async () => {
    await other.raw('begin immediate')
    await assert.rejects(
      inTransaction(one, (sql) => sql.rows(add, [1, null])),
      { code: 'SQLITE_BUSY' },
    )
    await other.raw('rollback')
    await inTransaction(one, (sql) => sql.rows(add, [3, null]))
    assert.deepEqual(await ids(), [3])
  })
})
