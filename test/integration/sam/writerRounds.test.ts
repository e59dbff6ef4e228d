import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClock } from '../../../sam/clock.ts'
import { EMPTY_HEAD } from '../../../sam/journal/journalRow.ts'
import { verifyJournal } from '../../../sam/journal/verifyJournal.ts'
import { addActivation, spendOccurrences, type ActivationRow } from '../../../sam/state/activations.ts'
import { createDatabase, openDatabase, type Database } from '../../../sam/state/open.ts'
import { replaceRecords } from '../../../sam/state/recordStatements.ts'
import { addReservation, settleReservation } from '../../../sam/state/reservations.ts'
import { Writer } from '../../../sam/state/writer.ts'
import { breakDatabase, mendDatabase } from '../../support/databaseFaults.ts'
import { newSiteDatabase, type SiteDatabase } from '../../support/siteDatabase.ts'

const SOON = Date.now() + 3_600_000
const activation = (id: string): ActivationRow => ({
  id,
  version: 1,
  sad_hash: Buffer.from(id.padEnd(32, 'x')),
  credential_id: 'cred-1',
  family_id: 'fam-1',
  expires_at: SOON,
  body: '{}',
  mac: Buffer.alloc(32, 1),
  state: 'open',
})
const reservation = {
  id: 'res-1',
  activation_id: 'act-a',
  credential_id: 'cred-1',
  request_id: 'request-1',
  node: 'sam-1',
  incarnation: 'one',
  lease_until: SOON,
  state: 'open',
} as const

/** Jobs that the writer takes into one round: they wait while another one runs. */
describe('a round of the writer, its set statements', () => {
  let folder: string
  let site: SiteDatabase
  let database: Database
  let writer: Writer
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chancery-writer-'))
    site = await newSiteDatabase(folder, 'sam.db')
    await createDatabase(site.config)
    database = await openDatabase(site.config)
    writer = new Writer({ knex: database.write, clock: createClock(0), chain: 'sam-1', head: EMPTY_HEAD })
    await writer.write(async (unit) => {
      for (const id of ['act-a', 'act-b', 'act-c'])
        await addActivation(
          unit,
          activation(id),
          [0, 1, 2].map((n) => Buffer.alloc(32, n)),
        )
      unit.record({ type: 'AUTHORIZED', fields: {} })
    })
  })
  afterEach(async () => {
    await database.close()
    await site.dispose()
    rmSync(folder, { recursive: true })
  })

  const inOneRound = async <T>(jobs: readonly (() => Promise<T>)[]): Promise<PromiseSettledResult<T>[]> => {
    const busy = writer.write(() => new Promise((resolve) => setTimeout(resolve, 30)))
    const outcomes = await Promise.allSettled(jobs.map((job) => job()))
    await busy
    return outcomes
  }
  const spend = (id: string, positions: readonly number[], reservationId: string) => (): Promise<boolean> =>
    writer.writeTogether((unit) =>
      spendOccurrences(unit, { activation: activation(id), positions, reservationId, now: Date.now() }),
    )
  const stateOf = async (id: string): Promise<unknown> =>
    (await database.read<{ id: string; state: string }>('activation').where({ id }))[0]?.state
  const spentBy = async (id: string): Promise<readonly (string | null)[]> => {
    const rows = await database
      .read<{ activation_id: string; position: number; spent_by: string | null }>('occurrence')
      .where({ activation_id: id })
      .orderBy('position')
    return rows.map(({ spent_by }) => spent_by)
  }
  const values = <T>(outcomes: readonly PromiseSettledResult<T>[]): unknown[] =>
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'failed'))

  it('leaves an activation open whose hashes were given back by one that did not get all', async () => {
    // Which of two that want the same one gets it is the database's choice.
    let givenBack = 0
    for (const [id, isReversed] of [
      ['act-a', false],
      ['act-c', true],
    ] as const) {
      const [all, one] = [spend(id, [0, 1, 2], `${id}-all`), spend(id, [2], `${id}-one`)]
      const jobs = isReversed ? [one, all] : [all, one]
      const outcomes = values(
        await inOneRound([spend('act-b', [isReversed ? 1 : 0], `${id}-other`), ...jobs]),
      )
      assert.equal(outcomes.shift(), true)
      const [hasAll, hasOne] = isReversed ? outcomes.reverse() : outcomes
      assert.equal(hasAll, !hasOne)
      if (hasAll) {
        assert.equal(await stateOf(id), 'spent')
        continue
      }
      givenBack++
      assert.deepEqual(await spentBy(id), [null, null, `${id}-one`])
      assert.equal(await stateOf(id), 'open')
      assert.deepEqual(values(await inOneRound([spend(id, [0, 1], `${id}-rest`)])), [true])
      assert.equal(await stateOf(id), 'spent')
    }
    assert.ok(givenBack > 0)
  })

  it('gives each hash to one of those that want it at the same time', async () => {
    const wishes = [
      [0, 1],
      [1, 2],
      [2, 0],
    ]
    const outcomes = values(await inOneRound(wishes.map((wish, n) => spend('act-a', wish, `r${n}`))))
    const winners = outcomes.flatMap((outcome, n) => (outcome === true ? [`r${n}`] : []))
    assert.ok(winners.length <= 1)
    for (const by of await spentBy('act-a')) assert.ok(by === null || winners.includes(by))
  })

  it('leaves nothing of a round in which the disk was full, whatever the database rolled back by itself', async () => {
    await writer.write(async (unit) => {
      await addReservation(unit, reservation)
      await unit
        .trx('record')
        .insert({ kind: 'factor', id: 'pin.s', version: 1, body: '{}', mac: Buffer.alloc(32) })
      unit.wrote('factor/pin.s@1')
      unit.record({ type: 'SIGNING', fields: {} })
    })
    await breakDatabase(database.write, 'full')
    const big = { ...activation('act-c'), body: 'x'.repeat(200_000) }
    const next = {
      kind: 'factor',
      id: 'pin.s',
      version: 2,
      owner: undefined,
      body: '{}',
      mac: Buffer.alloc(32, 2),
    } as const
    const outcomes = await inOneRound<unknown>([
      () =>
        writer.writeTogether(async (unit) => {
          await addActivation(unit, big, [Buffer.alloc(32)])
          unit.record({ type: 'AUTHORIZED', fields: {} })
        }),
      () =>
        writer.writeTogether(async (unit) => {
          const { id, incarnation } = reservation
          const outcome = { id, incarnation, state: 'signed', now: Date.now() } as const
          if (!(await settleReservation(unit, outcome))) throw new Error('not open any more')
          unit.record({ type: 'SIGNED', fields: {} })
        }),
      () =>
        writer.writeTogether(async (unit) => {
          if (!(await unit.do(replaceRecords, next))) throw new Error('not at version 1 any more')
          unit.wrote('factor/pin.s@2')
          unit.record({ type: 'AUTHORIZED', fields: {} })
        }),
    ])
    assert.equal(outcomes[0]?.status, 'rejected')
    await mendDatabase(database.write, 'full')
    // What the second and the third wrote, they wrote whole, each with its event; the journal holds.
    const head = await verifyJournal(database.read, 'sam-1', undefined)
    const types = await database.read<{ type: string; sequence: number }>('journal').orderBy('sequence')
    const isSettled = types.some(({ type }) => type === 'SIGNED')
    const [row] = await database.read<{ state: string }>('reservation')
    assert.equal(row?.state, isSettled ? 'signed' : 'open')
    assert.equal(head.sequence, types.length)
    await writer.write((unit) => {
      unit.record({ type: 'JOURNAL_WRITABLE', fields: {} })
      return Promise.resolve()
    })
    assert.ok(writer.isHealthy)
  })
})
