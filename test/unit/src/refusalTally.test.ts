import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRefusalTally, type RunningTally } from '../../../src/adapters/security/refusalTally.ts'
import type { Audit, AuditEvent } from '../../../src/ports/audit.ts'
import type { RefusalKind } from '../../../src/ports/refusalTally.ts'

const kind = (reason: string): RefusalKind => ({
  operation: 'credentials/list',
  clientId: 'basic',
  error: 'invalid_token',
  reason,
})

describe('refusals of callers who proved no identity', () => {
  let written: AuditEvent[]
  let isBroken: boolean
  let now: number
  const logged: unknown[] = []
  const line = (fields: unknown): void => {
    logged.push(fields)
  }
  const audit: Audit = {
    async record(event) {
      if (isBroken) throw new Error('disk full')
      written.push(event)
    },
    ofRequest: () => Promise.resolve([]),
    isWritable: () => !isBroken,
  }
  const tally = (everyMs = 60_000): RunningTally =>
    createRefusalTally(
      { audit, clock: { now: () => now }, log: { info: line, warn: line, error: line } },
      everyMs,
    )
  const countsOf = (event: AuditEvent | undefined): unknown =>
    event?.type === 'refusals-counted' ? event.counts : undefined

  beforeEach(() => {
    written = []
    isBroken = false
    now = 1000
  })

  it('become one event, however many they were, with a number for each kind', async () => {
    const counted = tally()
    for (let n = 0; n < 10_000; n++) counted.count(kind(n % 4 === 0 ? 'token_expired' : 'token_invalid'))
    now = 5000
    await counted.close()
    assert.equal(written.length, 1)
    const [event] = written
    assert.deepEqual(countsOf(event), [
      { ...kind('token_expired'), count: 2500 },
      { ...kind('token_invalid'), count: 7500 },
    ])
    assert.deepEqual(event?.type === 'refusals-counted' && [event.from, event.until], [1000, 5000])
  })

  it('are written when their time is over, without being asked for, and those after them again', async () => {
    const counted = tally(20)
    for (let round = 1; round <= 2; round++) {
      counted.count(kind('token_invalid'))
      for (let tries = 0; tries < 200 && written.length < round; tries++) await sleep(10)
      assert.deepEqual(countsOf(written[round - 1]), [{ ...kind('token_invalid'), count: 1 }])
    }
    await counted.close()
    assert.equal(written.length, 2)
  })

  it('are kept while the journal cannot be written', async () => {
    const counted = tally(20)
    isBroken = true
    counted.count(kind('token_invalid'))
    for (let tries = 0; tries < 200 && logged.length === 0; tries++) await sleep(10)
    now = 9000
    counted.count(kind('token_invalid'))
    isBroken = false
    await counted.close()
    assert.deepEqual(countsOf(written[0]), [{ ...kind('token_invalid'), count: 2 }])
    assert.equal(written[0]?.type === 'refusals-counted' && written[0].from, 1000)
    assert.ok(!JSON.stringify(logged).includes('token_invalid'))
  })

  it('write nothing when there were none', async () => {
    await tally().close()
    assert.deepEqual(written, [])
  })
})
