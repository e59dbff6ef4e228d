import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Knex } from 'knex'
import sqlite3 from 'sqlite3'
import { connect } from '../../../store/connect.ts'
import { inTransaction, sqlOf, type Sql } from '../../../store/sql.ts'

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
const add = (sql: Sql, id: number, bytes = 0): Promise<unknown> =>
  sql.rows('insert into owner (id, name) values (?, ?)', [id, Buffer.alloc(bytes)])

/** The one connection of a knex, lent and taken back. */
async function connectionOf(knex: Knex): Promise<sqlite3.Database> {
  const client = knex.client as Knex.Client // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- knex does not type it
  const connection: unknown = await client.acquireConnection()
  await client.releaseConnection(connection)
  assert.ok(connection instanceof sqlite3.Database)
  return connection
}

describe('a connection on which a transaction may still be open', () => {
  let folder: string
  let one: Knex
  let other: Knex
  let connection: sqlite3.Database
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chancery-doubt-'))
    const open = (): Knex => connect(join(folder, 'x.db'), { mode: 'rwc', migrations: [migration] })
    one = open()
    await one.migrate.latest()
    // Nothing is prepared on another one.
    await one.destroy()
    one = open()
    connection = await connectionOf(one)
    other = open()
    await other.raw('pragma busy_timeout = 50')
  })
  afterEach(async () => {
    await one.destroy()
    await other.destroy()
    rmSync(folder, { recursive: true })
  })
  const ids = async (): Promise<readonly number[]> =>
    (await sqlOf(other).rows<{ id: number }>('select id from owner order by id', [])).map(({ id }) => id)
  const isKept = async (): Promise<boolean> => (await connectionOf(one)) === connection
  /** From now on SQLite refuses to prepare a longer text on the connection. */
  const limitTexts = (longest: string): void => {
    connection.configure('limit', sqlite3.LIMIT_SQL_LENGTH, longest.length)
  }

  const ways: Record<string, (work: (sql: Sql) => Promise<void>) => Promise<void>> = {
    'of our own': (work) => inTransaction(one, work),
    "of knex's": (work) => one.transaction((trx) => work(sqlOf(trx))),
  }
  for (const [name, transact] of Object.entries(ways)) {
    it(`is closed if a ROLLBACK ${name} fails, and another one begins the next transaction`, async () => {
      await assert.rejects(
        transact(async (sql) => {
          await add(sql, 1)
          limitTexts('ROLLBAC')
          throw new Error('refused')
        }),
      )
      // Its lock on the file is gone before anybody asks for a connection again.
      await add(sqlOf(other), 2)
      await transact(async (sql) => {
        await add(sql, 3)
      })
      assert.deepEqual([await ids(), await isKept()], [[2, 3], false])
    })

    it(`is closed if neither a COMMIT ${name} nor the ROLLBACK can run, and nothing is stored`, async () => {
      await assert.rejects(
        transact(async (sql) => {
          await add(sql, 1)
          limitTexts('COMMI')
        }),
        { code: 'SQLITE_TOOBIG' },
      )
      await add(sqlOf(other), 2)
      assert.deepEqual([await ids(), await isKept()], [[2], false])
    })

    it(`has none after a COMMIT ${name} that could not even be prepared, if the ROLLBACK was`, async () => {
      await connectionRollsBackOnce()
      await assert.rejects(
        transact(async (sql) => {
          await add(sql, 1)
          limitTexts('COMMI')
        }),
        { code: 'SQLITE_TOOBIG' },
      )
      await add(sqlOf(other), 2)
      assert.deepEqual([await ids(), await isKept()], [[2], true])
    })

    it(`has none after a COMMIT ${name} that is refused`, async () => {
      await assert.rejects(
        transact(async (sql) => {
          await sql.rows('pragma defer_foreign_keys = on', [])
          await add(sql, 1)
          await sql.rows('insert into thing (id, owner) values (1, 7)', [])
        }),
        { code: 'SQLITE_CONSTRAINT' },
      )
      await add(sqlOf(other), 2)
      assert.deepEqual([await ids(), await isKept()], [[2], true])
    })

    it(`has none after a BEGIN ${name} that found one`, async () => {
      await one.raw('begin')
      await add(sqlOf(one), 1)
      await assert.rejects(
        transact(() => Promise.resolve()),
        /cannot start a transaction within a transaction/,
      )
      await transact(async (sql) => {
        await add(sql, 3)
      })
      assert.deepEqual([await ids(), await isKept()], [[3], true])
    })

    it(`has none after SQLite itself rolled back ${name}, and the first error is told`, async () => {
      await one.raw('pragma cache_size = 2')
      const rows = await sqlOf(one).rows<{ page_count: number }>('pragma page_count', [])
      await one.raw(`pragma max_page_count = ${String((rows[0]?.page_count ?? 0) + 3)}`)
      await assert.rejects(
        transact(async (sql) => {
          await add(sql, 1)
          await add(sql, 2, 1e6)
        }),
        { code: 'SQLITE_FULL' },
      )
      await assert.rejects(
        transact(async (sql) => {
          await add(sql, 1)
          await sql.rows('insert or rollback into owner (id) values (1)', [])
        }),
        { code: 'SQLITE_CONSTRAINT' },
      )
      await transact(async (sql) => {
        await add(sql, 9)
      })
      assert.deepEqual([await ids(), await isKept()], [[9], true])
    })

    it(`has none after a write ${name} to a file that cannot be written`, async () => {
      await one.raw('pragma query_only = on')
      await assert.rejects(
        transact(async (sql) => {
          await add(sql, 1)
        }),
        { code: 'SQLITE_READONLY' },
      )
      await one.raw('pragma query_only = off')
      await transact(async (sql) => {
        await add(sql, 2)
      })
      assert.deepEqual([await ids(), await isKept()], [[2], true])
    })
  }

  /** Afterwards a ROLLBACK is there ready prepared. */
  async function connectionRollsBackOnce(): Promise<void> {
    await assert.rejects(
      inTransaction(one, () => Promise.reject(new Error('refused'))),
      { message: 'refused' },
    )
  }

  it('takes a SAVEPOINT that was undone for what it is: its transaction goes on', async () => {
    await one.transaction(async (trx) => {
      await add(sqlOf(trx), 1)
      await assert.rejects(
        trx.transaction(async (inner) => {
          await add(sqlOf(inner), 2)
          throw new Error('refused')
        }),
        { message: 'refused' },
      )
    })
    assert.deepEqual(await ids(), [1])
  })
})
