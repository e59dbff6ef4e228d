import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { InfrastructureKey } from '../../../hsm/hsm.ts'
import { createClock } from '../../../sam/clock.ts'
import { EMPTY_HEAD, journalRow } from '../../../sam/journal/journalRow.ts'
import { verifyJournal } from '../../../sam/journal/verifyJournal.ts'
import {
  addActivation,
  spendOccurrences,
  voidActivations,
  type ActivationRow,
} from '../../../sam/state/activations.ts'
import { addJournalRows } from '../../../sam/state/journalRows.ts'
import { createDatabase, openDatabase, type Database } from '../../../sam/state/open.ts'
import { addOtp } from '../../../sam/state/otps.ts'
import { Records, type PreparedRecord, type Stored } from '../../../sam/state/records.ts'
import { Conflict, Writer, type TransactionUnit } from '../../../sam/state/writer.ts'
import { Gathering } from '../../../store/gathering.ts'
import { isStorageFault } from '../../../store/faults.ts'
import { inTransaction, sqlOf } from '../../../store/sql.ts'
import { postgresServer, type PostgresDatabase, type PostgresServer } from '../../support/postgres.ts'

/** What a node has of the state. */
interface Node {
  readonly database: Database
  readonly writer: Writer
  readonly records: Records
}

const macKey: InfrastructureKey = { label: 'mac', id: '01' }

async function openNode(place: PostgresDatabase['place'], chain: string): Promise<Node> {
  const database = await openDatabase({ postgres: place })
  const reads = new Gathering(sqlOf(database.read), { endsWithFailure: false })
  const hsm = {
    hmac: (_key: unknown, bytes: Uint8Array) =>
      Promise.resolve(createHmac('sha256', 'key').update(bytes).digest()),
  }
  return {
    database,
    writer: new Writer({ knex: database.write, clock: createClock(0), chain, head: EMPTY_HEAD }),
    records: new Records({ knex: database.read, reads, hsm, macKey, onFailure: () => undefined }),
  }
}

const SOON = Date.now() + 3_600_000
const activation: ActivationRow = {
  id: 'act-a',
  version: 1,
  sad_hash: Buffer.alloc(32, 7),
  credential_id: 'cred-1',
  family_id: 'fam-1',
  expires_at: SOON,
  body: '{}',
  mac: Buffer.alloc(32, 1),
  state: 'open',
}

describe('a SAM node, while another one is at the same rows (PostgreSQL)', () => {
  let server: PostgresServer
  let site: PostgresDatabase
  let here: Node
  let there: Node
  let client: Stored<'client'>
  before(async function () {
    this.timeout(60_000)
    server = await postgresServer()
  })
  beforeEach(async () => {
    site = await server.newDatabase()
    await createDatabase({ postgres: site.place })
    here = await openNode(site.place, 'sam-1')
    there = await openNode(site.place, 'sam-2')
    const signer = await here.records.prepareNew('signer', 'signer-1', {
      commonName: 'Ada',
      country: 'DK',
      createdAt: 1,
      givenName: undefined,
      surname: undefined,
      serialNumber: undefined,
      organization: undefined,
    })
    const record = await here.records.prepareNew('client', 'client-1', { name: 'one', registeredAt: 1 })
    await write(here, async (unit) => {
      for (const each of [signer, record]) await here.records.put(unit, each)
      await addActivation(unit, activation, [Buffer.alloc(32, 1), Buffer.alloc(32, 2)])
    })
    const stored = await here.records.read('client', 'client-1')
    assert.ok(stored !== undefined)
    client = stored
  })
  afterEach(async () => {
    await here.database.close()
    await there.database.close()
    await site.drop()
  })

  /** A job with an event, as every job has. */
  const write = <T>(node: Node, job: (unit: TransactionUnit) => Promise<T>): Promise<T> =>
    node.writer.write(async (unit) => {
      const result = await job(unit)
      unit.record({ type: 'AUTHORIZED', fields: {} })
      return result
    })
  const renamed = (node: Node): Promise<PreparedRecord> =>
    node.records.prepareNext(client, { name: 'two', registeredAt: 1 })
  const spend = (node: Node): Promise<boolean> =>
    write(node, (unit) =>
      spendOccurrences(unit, { activation, positions: [0], reservationId: 'res-1', now: Date.now() }),
    )
  /** Lets `second` begin in the middle of `first`, which must keep it waiting until its end. */
  const overlapped = async <A, B>(
    first: (middle: () => Promise<void>) => Promise<A>,
    second: () => Promise<B>,
  ): Promise<readonly [A, PromiseSettledResult<B>]> => {
    let isOver = false
    let began: Promise<PromiseSettledResult<B>> | undefined
    const result = await first(async () => {
      began = Promise.allSettled([second()]).then(([outcome]) => {
        isOver = true
        return outcome
      })
      await sleep(300)
      assert.equal(isOver, false, 'the second did not wait')
    })
    assert.ok(began !== undefined)
    return [result, await began]
  }

  it('holds a record that must be current until its own transaction ends', async () => {
    const next = await renamed(there)
    const [, outcome] = await overlapped(
      (middle) =>
        write(here, async (unit) => {
          await here.records.requireCurrent(unit, client)
          await middle()
        }),
      () => write(there, (unit) => there.records.put(unit, next)),
    )
    assert.equal(outcome.status, 'fulfilled')
  })

  it('does not take a record for current that the other one is changing', async () => {
    const next = await renamed(there)
    const [, outcome] = await overlapped(
      (middle) =>
        write(there, async (unit) => {
          await there.records.put(unit, next)
          await middle()
        }),
      () => write(here, (unit) => here.records.requireCurrent(unit, client)),
    )
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof Conflict)
  })

  it('writes a record once when both write its next version', async () => {
    const [mine, others] = [await renamed(here), await renamed(there)]
    const [, outcome] = await overlapped(
      (middle) =>
        write(there, async (unit) => {
          await there.records.put(unit, others)
          await middle()
        }),
      () => write(here, (unit) => here.records.put(unit, mine)),
    )
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof Conflict)
  })

  it('spends nothing of an activation that the other one is voiding', async () => {
    const [voided, outcome] = await overlapped(
      (middle) =>
        write(there, async (unit) => {
          const count = await voidActivations(unit, { credential_id: 'cred-1' })
          await middle()
          return count
        }),
      () => spend(here),
    )
    assert.deepEqual([voided, outcome], [1, { status: 'fulfilled', value: false }])
  })

  it('spends a hash once when both spend it', async () => {
    const [first, outcome] = await overlapped(
      (middle) =>
        write(there, async (unit) => {
          const wanted = { activation, positions: [0, 1], reservationId: 'res-2', now: Date.now() }
          const isSpent = await spendOccurrences(unit, wanted)
          await middle()
          return isSpent
        }),
      () => spend(here),
    )
    assert.deepEqual([first, outcome], [true, { status: 'fulfilled', value: false }])
    const rows = await sqlOf(here.database.read).rows('select distinct spent_by from occurrence', [])
    assert.deepEqual(rows, [{ spent_by: 'res-2' }])
  })

  it('makes no code more than a signer may have when both count at once', async () => {
    const made = (unit: TransactionUnit, id: string): Promise<number | undefined> =>
      addOtp(
        unit,
        {
          id,
          signerId: 'signer-1',
          expiresAt: SOON,
          mac: Buffer.alloc(32),
          binding: undefined,
          createdAt: 1_000,
        },
        { since: 0, limit: 1 },
      )
    const [first, outcome] = await overlapped(
      (middle) =>
        write(there, async (unit) => {
          const inTheWay = await made(unit, 'otp-1')
          await middle()
          return inTheWay
        }),
      () => write(here, (unit) => made(unit, 'otp-2')),
    )
    assert.deepEqual([first, outcome], [undefined, { status: 'fulfilled', value: 1_000 }])
  })

  it('runs a job again that waited for the other one while that waited for it', async () => {
    let runs = 0
    const touch = (unit: TransactionUnit, id: string): Promise<unknown> =>
      unit.trx('record').where({ id }).update({ owner: null })
    const job = (node: Node, ids: readonly [string, string]): Promise<void> =>
      write(node, async (unit) => {
        runs++
        await touch(unit, ids[0])
        await sleep(300)
        await touch(unit, ids[1])
      })
    await Promise.all([job(here, ['signer-1', 'client-1']), job(there, ['client-1', 'signer-1'])])
    assert.equal(runs, 3)
    assert.ok(here.writer.isHealthy && there.writer.isHealthy)
  })

  it('goes on after a commit of its own that arrived when nobody waited for it any more', async () => {
    const { row } = journalRow('sam-1', here.writer.head, Date.now(), { type: 'SAM_STARTED', fields: {} })
    const [, outcome] = await overlapped(
      (middle) =>
        inTransaction(there.database.write, async (sql) => {
          await addJournalRows(sql, [row])
          await middle()
        }),
      () => write(here, () => Promise.resolve('done')),
    )
    assert.deepEqual(outcome, { status: 'fulfilled', value: 'done' })
    assert.equal((await verifyJournal(here.database.read, 'sam-1', undefined)).sequence, row.sequence + 1)
    assert.equal(here.writer.head.sequence, row.sequence + 1)
  })

  it('fails a job whose connection is lost, is not healthy, and is again with the next one', async () => {
    const cutOff = write(here, async (unit) => {
      const [backend] = await sqlOf(unit.trx).rows<{ pid: number }>('select pg_backend_pid() as pid', [])
      assert.equal(
        await spendOccurrences(unit, { activation, positions: [0], reservationId: 'lost', now: 0 }),
        true,
      )
      await server.asSuperuser(`select pg_terminate_backend(${backend?.pid ?? 0})`)
    })
    await assert.rejects(cutOff, isStorageFault)
    assert.equal(here.writer.isHealthy, false)
    assert.equal(await spend(here), true)
    assert.ok(here.writer.isHealthy)
    const head = await verifyJournal(here.database.read, 'sam-1', undefined)
    assert.deepEqual(head, here.writer.head)
  })
})
