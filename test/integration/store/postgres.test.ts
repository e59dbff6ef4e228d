import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Knex } from 'knex'
import { isOvertaken, isStorageFault } from '../../../store/faults.ts'
import { connectPostgres } from '../../../store/postgres/connectPostgres.ts'
import { inTransaction, sqlOf, type Sql } from '../../../store/sql.ts'
import {
  postgresServer,
  startPostgres,
  type PostgresDatabase,
  type PostgresServer,
} from '../../support/postgres.ts'
import { freePorts } from '../../support/deployment.ts'
import { makePeerAuthority, makeTlsIdentity } from '../../support/peerCertificates.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'
import { pemOf } from '../../support/testPki.ts'

const migration = {
  name: 'tables',
  async up(knex: Knex): Promise<void> {
    await knex.schema.createTable('owner', (table) => {
      table.string('id', 64).primary()
      table.bigInteger('at')
      table.binary('name')
    })
    await knex.schema.createTable('thing', (table) => {
      table.integer('id').primary()
      table.string('owner', 64).references('owner.id').deferrable('deferred')
    })
  },
  down: (): Promise<void> => Promise.resolve(),
}

const add = 'insert into owner (id) values (?) returning id'

describe('a PostgreSQL database', () => {
  let server: PostgresServer
  let database: PostgresDatabase
  let one: Knex
  let other: Knex
  const open = (connections = 1): Knex =>
    connectPostgres(database.place, { migrations: [migration], connections, name: 'test' })
  before(async function () {
    this.timeout(60_000)
    server = await postgresServer()
  })
  beforeEach(async () => {
    database = await server.newDatabase()
    one = open()
    await one.migrate.latest()
    other = open()
  })
  afterEach(async () => {
    await one.destroy()
    await other.destroy()
    await database.drop()
  })
  const ids = async (): Promise<readonly string[]> =>
    (await sqlOf(other).rows<{ id: string }>('select id from owner order by id', [])).map(({ id }) => id)
  const failure = async (work: Promise<unknown>): Promise<Error> => {
    const [outcome] = await Promise.allSettled([work])
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof Error)
    return outcome.reason
  }

  it('takes values and lists, and gives rows whose types are those of SQLite', async () => {
    const sql = sqlOf(one)
    const list = sql.dialect.list(
      ['text', 'integer', 'bytes'],
      [
        ['a', 2 ** 53 - 1, Buffer.of(0, 92, 34, 255)],
        ['b,"{}\\', null, null],
      ],
    )
    assert.deepEqual(
      await sql.rows(`insert into owner (id, at, name) ${list.text} returning id`, list.values),
      [{ id: 'a' }, { id: 'b,"{}\\' }],
    )
    const among = sql.dialect.among('bytes', [Buffer.of(0, 92, 34, 255), Buffer.of(1)])
    assert.deepEqual(await sql.rows(`select * from owner where name ${among.text}`, among.values), [
      { id: 'a', at: 2 ** 53 - 1, name: Buffer.of(0, 92, 34, 255) },
    ])
    assert.deepEqual(await one('owner').count({ n: '*' }).sum({ s: 'at' }), [{ n: 2, s: 2 ** 53 - 1 }])
    await one.raw(`update owner set at = 9007199254740993 where id = 'a'`)
    await assert.rejects(sql.rows('select at from owner', []), /beyond 2\^53/)
  })

  it('tells an error with its code and without a value', async () => {
    await sqlOf(one).rows(add, ['a secret'])
    for (const again of [
      () => sqlOf(one).rows(add, ['a secret']),
      () => one('owner').insert({ id: 'a secret' }),
    ]) {
      const error = await failure(again())
      assert.equal(Reflect.get(error, 'code'), '23505')
      assert.ok(!error.message.includes('a secret'))
      assert.equal(isStorageFault(error), false)
      assert.deepEqual([isOvertaken(error, ['thing']), isOvertaken(error, ['owner'])], [false, true])
    }
  })

  const ways: Record<string, (work: (sql: Sql) => Promise<void>) => Promise<void>> = {
    'of our own': (work) => inTransaction(one, work),
    "of knex's": (work) => one.transaction((trx) => work(sqlOf(trx))),
  }
  for (const [name, transact] of Object.entries(ways)) {
    it(`stores all of a transaction ${name}, or nothing`, async () => {
      await transact(async (sql) => {
        await sql.rows(add, ['a'])
        assert.deepEqual(await ids(), [])
      })
      await assert.rejects(
        transact(async (sql) => {
          await sql.rows(add, ['b'])
          throw new Error('refused')
        }),
        { message: 'refused' },
      )
      assert.deepEqual(await ids(), ['a'])
    })

    it(`does not say that a transaction ${name} is stored in which a statement failed`, async () => {
      const error = await failure(
        transact(async (sql) => {
          await sql.rows(add, ['a'])
          await sql.rows(add, ['a']).catch(() => undefined)
        }),
      )
      assert.match(error.message, /nothing was committed/)
      assert.deepEqual(await ids(), [])
      await transact(async (sql) => {
        await sql.rows(add, ['b'])
      })
      assert.deepEqual(await ids(), ['b'])
    })

    it(`begins another one after a COMMIT ${name} that is refused`, async () => {
      const error = await failure(
        transact(async (sql) => {
          await sql.rows(`insert into thing (id, owner) values (1, 'absent')`, [])
        }),
      )
      assert.equal(Reflect.get(error, 'code'), '23503')
      await transact(async (sql) => {
        await sql.rows(add, ['b'])
      })
      assert.deepEqual(await ids(), ['b'])
    })

    it(`is gone for a transaction ${name} whose connection ends, and back for the next one`, async () => {
      const error = await failure(
        transact(async (sql) => {
          const [backend] = await sql.rows<{ pid: number }>('select pg_backend_pid() as pid', [])
          await sql.rows(add, ['a'])
          await server.asSuperuser(`select pg_terminate_backend(${backend?.pid ?? 0})`)
          await sql.rows(add, ['b'])
        }),
      )
      assert.ok(isStorageFault(error), String(error))
      await transact(async (sql) => {
        await sql.rows(add, ['c'])
      })
      assert.deepEqual(await ids(), ['c'])
    })
  }

  it('is gone when it does not answer, and asked on another connection the next time', async () => {
    const knex = connectPostgres(database.place, {
      migrations: [],
      connections: 1,
      name: 'test',
      silenceMilliseconds: 500,
    })
    const [backend] = await sqlOf(knex).rows<{ pid: number }>('select pg_backend_pid() as pid', [])
    assert.ok(backend !== undefined)
    process.kill(backend.pid, 'SIGSTOP')
    try {
      const error = await failure(inTransaction(knex, (sql) => sql.rows(add, ['a'])))
      assert.deepEqual([error.message, isStorageFault(error)], ['the database does not answer', true])
      await inTransaction(knex, (sql) => sql.rows(add, ['b']))
    } finally {
      process.kill(backend.pid, 'SIGCONT')
    }
    await knex.destroy()
    assert.deepEqual(await ids(), ['b'])
  })

  it('gives nobody a connection with a transaction open on it', async () => {
    await one.raw(`begin; insert into owner (id) values ('a')`)
    await sqlOf(one).rows(add, ['b'])
    assert.deepEqual(await ids(), ['b'])
  })

  it('is a fault when it is read-only, and work again afterwards', async () => {
    await one.raw('set default_transaction_read_only = on')
    const error = await failure(inTransaction(one, (sql) => sql.rows(add, ['a'])))
    assert.deepEqual([Reflect.get(error, 'code'), isStorageFault(error)], ['25006', true])
    await one.raw('set default_transaction_read_only = off')
    await inTransaction(one, (sql) => sql.rows(add, ['a']))
  })

  it('ends one of two transactions that wait for each other, which is no fault', async () => {
    for (const id of ['a', 'b']) await sqlOf(one).rows(add, [id])
    const touch = (sql: Sql, id: string): Promise<unknown> =>
      sql.rows('update owner set at = 1 where id = ?', [id])
    const both = await Promise.allSettled(
      [one, other].map((knex, index) =>
        inTransaction(knex, async (sql) => {
          await touch(sql, index === 0 ? 'a' : 'b')
          await new Promise((resolve) => setTimeout(resolve, 200))
          await touch(sql, index === 0 ? 'b' : 'a')
        }),
      ),
    )
    const errors = both.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    )
    assert.deepEqual(
      errors.map((error) => [isOvertaken(error, []), isStorageFault(error)]),
      [[true, false]],
    )
  })

  it('prepares a statement once on a connection, and takes a schema that changed', async () => {
    const all = 'select * from owner where id = ?'
    for (let n = 0; n < 3; n++) await sqlOf(one).rows(all, ['a'])
    assert.deepEqual(
      await sqlOf(one).rows('select count(*) as n from pg_prepared_statements where statement like ?', [
        'select * from owner where%',
      ]),
      [{ n: 1 }],
    )
    await other.schema.alterTable('owner', (table) => table.text('more'))
    await sqlOf(one)
      .rows(all, ['a'])
      .catch(() => undefined)
    assert.deepEqual(await sqlOf(one).rows(all, ['a']), [])
  })

  it('is not found under a wrong name, with a wrong password or where nothing listens', async () => {
    const { place } = database
    for (const wrong of [
      { database: 'absent' },
      { passwordFile: undefined },
      { passwordFile: '/dev/null' },
      { port: 1 },
    ]) {
      const knex = connectPostgres({ ...place, ...wrong }, { migrations: [], connections: 1, name: 'test' })
      const error = await failure(sqlOf(knex).rows('select 1', []))
      assert.deepEqual([error.message, isStorageFault(error)], ['the database cannot be reached', true])
      await knex.destroy()
    }
  })
})

describe('a PostgreSQL server over the network', () => {
  let folder: string
  let server: PostgresServer
  let database: PostgresDatabase
  before(async function () {
    this.timeout(60_000)
    folder = scratchFolder('postgres-tls')
    const authority = await makePeerAuthority()
    const { key, cert, ca } = await makeTlsIdentity(authority, 'database')
    writeFileSync(join(folder, 'ca.crt'), ca)
    writeFileSync(join(folder, 'other.crt'), pemOf((await makePeerAuthority()).certificate))
    const listening = { listen_addresses: '127.0.0.1,127.0.0.2', port: String(await freePorts()) }
    const tls = { ssl: 'on', ssl_cert_file: '../tls.crt', ssl_key_file: '../tls.key' }
    server = await startPostgres({ ...listening, ...tls }, { 'tls.key': key, 'tls.crt': cert })
    database = await server.newDatabase()
  })
  after(() => server.stop())

  const isEncrypted = async (host: string, authority: string): Promise<unknown> => {
    const tls = { authority: join(folder, authority) }
    const knex = connectPostgres(
      { ...database.place, host, tls },
      { migrations: [], connections: 1, name: 'test' },
    )
    try {
      const [row] = await sqlOf(knex).rows<{ ssl: boolean }>(
        'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
        [],
      )
      return row?.ssl
    } finally {
      await knex.destroy()
    }
  }
  const refusedBecause = async (host: string, authority: string): Promise<unknown> => {
    const [outcome] = await Promise.allSettled([isEncrypted(host, authority)])
    assert.ok(outcome.status === 'rejected' && isStorageFault(outcome.reason))
    const cause: unknown = Reflect.get(Object(outcome.reason), 'cause')
    return Reflect.get(Object(cause), 'code') ?? Reflect.get(Object(cause), 'message')
  }

  it('is spoken to over TLS, by name and by address', async () => {
    for (const host of ['localhost', '127.0.0.1']) assert.equal(await isEncrypted(host, 'ca.crt'), true)
  })

  it('is refused under another authority, and under a host that its certificate does not name', async () => {
    assert.equal(await refusedBecause('localhost', 'other.crt'), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    assert.equal(await refusedBecause('127.0.0.2', 'ca.crt'), 'ERR_TLS_CERT_ALTNAME_INVALID')
  })

  it('is refused if it does not speak TLS', async function () {
    this.timeout(60_000)
    await server.stop()
    server = await startPostgres({ listen_addresses: '127.0.0.1', port: String(await freePorts()) })
    database = await server.newDatabase()
    assert.equal(await refusedBecause('localhost', 'ca.crt'), 'The server does not support SSL connections')
  })
})

describe('a PostgreSQL server that does not put commits on the disk', () => {
  for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit'])
    it(`is refused: ${setting}`, async function () {
      this.timeout(60_000)
      const server = await startPostgres({ [setting]: 'off' })
      try {
        const { place } = await server.newDatabase()
        const knex = connectPostgres(place, { migrations: [], connections: 1, name: 'test' })
        await assert.rejects(sqlOf(knex).rows('select 1', []), {
          name: 'DatabaseUnavailable',
          message: `the PostgreSQL server may lose commits: ${setting} is off`,
        })
        await knex.destroy()
      } finally {
        await server.stop()
      }
    })
})
