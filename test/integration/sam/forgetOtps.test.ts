import assert from 'node:assert/strict'
import { KEPT_MS, forgetOtps } from '../../../sam/factors/forgetOtps.ts'
import { buildSam, makeSigner, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { commitFaults } from '../../support/commitFaults.ts'
import { handClock, type HandClock } from '../../support/handClock.ts'
import { authorization, callerOf, journalOf, newHashes, refused, sentCode } from '../../support/samActs.ts'

const LIFETIME_MS = 300_000

describe('SAM: codes are deleted an hour after their end', () => {
  let sam: TestSam
  let signer: TestSigner
  let clock: HandClock
  beforeEach(async () => {
    // Later than everything that provisioning writes by the real clock.
    clock = handClock(Date.now() + 60_000)
    const config = { otp: { lifetimeSeconds: LIFETIME_MS / 1000, sendsPerQuarterHour: 3 } }
    sam = await buildSam({ clockSources: clock, config })
    signer = await makeSigner(sam)
  })
  afterEach(() => sam.dispose())

  const kept = async (): Promise<readonly string[]> => {
    const rows: { state: string }[] = await sam.deps.database
      .read('otp')
      .orderBy('created_at')
      .select('state')
    return rows.map(({ state }) => state)
  }

  it('used, void and unused ones with their bindings, to the millisecond, and the journal says how many', async () => {
    const hashes = newHashes(1)
    await sentCode(sam, signer, hashes)
    const otp = await sentCode(sam, signer, hashes)
    await sam.ssa.call('authorize', authorization(signer, hashes, { otp }))
    await sentCode(sam, signer, hashes)
    assert.deepEqual([...(await kept())].sort(), ['open', 'used', 'void'])
    clock.pass(LIFETIME_MS + KEPT_MS - 1)
    assert.equal(await forgetOtps(sam.deps), 0)
    assert.equal((await kept()).length, 3)
    clock.pass(1)
    assert.equal(await forgetOtps(sam.deps), 3)
    assert.deepEqual(await kept(), [])
    assert.deepEqual(
      (await journalOf(sam, 'OTPS_DELETED')).map(({ count }) => count),
      [3],
    )
    assert.equal(await forgetOtps(sam.deps), 0)
    assert.equal((await journalOf(sam, 'OTPS_DELETED')).length, 1)
    await refused(sam, 'otp_invalid', () => sam.ssa.call('authorize', authorization(signer, hashes, { otp })))
  })

  it('gives no attempt back, and no code more in a quarter of an hour', async () => {
    await sentCode(sam, signer)
    clock.pass(LIFETIME_MS + KEPT_MS - 60_000)
    for (let n = 0; n < 3; n++) await sentCode(sam, signer)
    await refused(sam, 'otp_invalid', () =>
      sam.ssa.call('authorize', authorization(signer, newHashes(1), { otp: '00000000' })),
    )
    clock.pass(60_000)
    assert.equal(await forgetOtps(sam.deps), 1)
    await refused(sam, 'otps_limited', () => sam.ssa.call('sendOtp', callerOf(signer)))
    assert.equal((await sam.deps.records.read('factor', `otp.${signer.signerId}`))?.value.attempts, 1)
  })

  it('none while the clock was stepped or the state is not to be trusted', async () => {
    await sentCode(sam, signer)
    clock.pass(LIFETIME_MS)
    clock.stepWall(KEPT_MS)
    assert.equal(await forgetOtps(sam.deps), 0)
    clock.stepWall(-KEPT_MS)
    clock.pass(KEPT_MS)
    sam.deps.state.lock('found by a test')
    assert.equal(await forgetOtps(sam.deps), 0)
    assert.equal((await kept()).length, 1)
  })

  for (const kind of ['stored', 'not stored'] as const)
    it(`is whole where the commit fails and was ${kind}: rows and event go together (F07)`, async () => {
      const hashes = newHashes(1)
      const otp = await sentCode(sam, signer, hashes)
      await sam.ssa.call('authorize', authorization(signer, hashes, { otp }))
      clock.pass(LIFETIME_MS + KEPT_MS)
      const faults = await commitFaults(sam.deps.database.write)
      faults.failOne(1, kind)
      await assert.rejects(forgetOtps(sam.deps))
      faults.undo()
      const gone = kind === 'stored' ? 1 : 0
      await sam.stop()
      await sam.start(clock)
      assert.equal(sam.deps.state.name(), 'OPERATIONAL')
      assert.deepEqual(
        [(await kept()).length, (await journalOf(sam, 'OTPS_DELETED')).length],
        [1 - gone, gone],
      )
      await refused(sam, 'otp_invalid', () =>
        sam.ssa.call('authorize', authorization(signer, hashes, { otp })),
      )
      assert.equal(await forgetOtps(sam.deps), 1 - gone)
    })
})
