import assert from 'node:assert/strict'
import { buildSam, makeSigner, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { handClock, type HandClock } from '../../support/handClock.ts'
import { authorization, callerOf, eventsOf, newHashes, sentCode } from '../../support/samActs.ts'

const LIMIT = 2

describe('SAM sendOtp: codes for one signer in a quarter of an hour', () => {
  let sam: TestSam
  let signer: TestSigner
  let clock: HandClock

  before(async () => {
    // Beyond the provisioning, which has clocks of its own.
    clock = handClock(Date.now() + 60_000)
    sam = await buildSam({
      config: { otp: { lifetimeSeconds: 300, sendsPerQuarterHour: LIMIT } },
      clockSources: clock,
    })
    signer = await makeSigner(sam)
  })
  after(() => sam.dispose())

  it('are refused beyond the limit: nothing is sent, and the last code still works', async () => {
    const hashes = newHashes(1)
    for (let sent = 1; sent < LIMIT; sent += 1) await sentCode(sam, signer)
    const otp = await sentCode(sam, signer, hashes)
    const messages = (await sam.outbox()).length
    const request = callerOf(signer)
    await assert.rejects(sam.ssa.call('sendOtp', request), { code: 'otps_limited' })
    assert.equal((await sam.outbox()).length, messages)
    const events = await eventsOf(sam, request.requestId)
    assert.ok(!JSON.stringify(events).includes('OTP_MADE'))
    const { grade } = await sam.ssa.call('authorize', authorization(signer, hashes, { otp }))
    assert.equal(grade, 'bound-otp')
  })

  it('are refused with the whole seconds until one is possible, from the one that leaves the quarter first', async () => {
    const person = await makeSigner(sam)
    const isRefused = (retryAfterSeconds: number): Promise<void> =>
      assert.rejects(sam.ssa.call('sendOtp', callerOf(person)), { code: 'otps_limited', retryAfterSeconds })
    await sentCode(sam, person)
    clock.pass(60_000)
    await sentCode(sam, person)
    await isRefused(840)
    clock.pass(500)
    await isRefused(840)
    clock.pass(839_499)
    await isRefused(1)
    clock.pass(1)
    await sentCode(sam, person)
    await isRefused(60)
  })
})
