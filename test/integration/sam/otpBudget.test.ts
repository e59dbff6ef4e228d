import assert from 'node:assert/strict'
import { buildSam, makeSigner, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { authorization, callerOf, eventsOf, newHashes, sentCode } from '../../support/samActs.ts'

const LIMIT = 2

describe('SAM sendOtp: codes for one signer in a quarter of an hour', () => {
  let sam: TestSam
  let signer: TestSigner

  before(async () => {
    sam = await buildSam({ config: { otp: { lifetimeSeconds: 300, sendsPerQuarterHour: LIMIT } } })
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
})
