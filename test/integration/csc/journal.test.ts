import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Knex } from 'knex'
import { firstBrokenRecord, openJournal } from '../../../src/adapters/db/journal.ts'
import { provisionDatabase } from '../../../src/adapters/db/open.ts'
import { systemClock } from '../../../src/domain/time.ts'
import type { AuditEvent } from '../../../src/ports/audit.ts'

const event = (n: number): AuditEvent => ({
  type: 'otp-sent',
  requestId: `request-${n}`,
  credentialId: `cred-${n}`,
  isBound: true,
})

describe("the SSA's journal", () => {
  let folder: string
  let database: Knex

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chancery-journal-'))
    database = await provisionDatabase(join(folder, 'ssa.db'))
  })
  afterEach(async () => {
    await database.destroy()
    await rm(folder, { recursive: true })
  })

  it('chains every event, also those that come at once, over restarts', async () => {
    for (let start = 0; start < 3; start++) {
      const journal = await openJournal(database, 'ssa-1', systemClock)
      await Promise.all(Array.from({ length: 300 }, (_, n) => journal.record(event(n))))
    }
    assert.equal(await firstBrokenRecord(database, 'ssa-1'), undefined)
    assert.deepEqual(await database('journal').count({ n: '*' }), [{ n: 900 }])
    const journal = await openJournal(database, 'ssa-1', systemClock)
    assert.equal((await journal.ofRequest('request-7')).length, 3)
  })

  it('keeps one chain for each node', async () => {
    for (const node of ['ssa-1', 'ssa-2'])
      await (await openJournal(database, node, systemClock)).record(event(1))
    const rows: unknown = await database('journal').select('sequence')
    assert.deepEqual(rows, [{ sequence: 1 }, { sequence: 1 }])
  })

  const tampering: readonly [string, (database: Knex) => Promise<unknown>, number][] = [
    ['changed', (db) => db('journal').where({ sequence: 3 }).update({ event: '{}' }), 3],
    ['taken out', (db) => db('journal').where({ sequence: 3 }).delete(), 3],
    ['turned around', swap, 3],
  ]
  for (const [name, tamper, expected] of tampering)
    it(`shows a record that was ${name}`, async () => {
      const journal = await openJournal(database, 'ssa-1', systemClock)
      for (let n = 0; n < 6; n++) await journal.record(event(n))
      await tamper(database)
      assert.equal(await firstBrokenRecord(database, 'ssa-1'), expected)
    })

  it('does not go on from a last record that was changed', async () => {
    await (await openJournal(database, 'ssa-1', systemClock)).record(event(1))
    await database('journal').update({ event: '{}' })
    await assert.rejects(openJournal(database, 'ssa-1', systemClock))
  })
})

async function swap(database: Knex): Promise<void> {
  for (const [from, to] of [
    [3, 99],
    [4, 3],
    [99, 4],
  ])
    await database('journal').where({ sequence: from }).update({ sequence: to })
}
