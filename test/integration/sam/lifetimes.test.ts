import assert from 'node:assert/strict'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { handClock, type HandClock } from '../../support/handClock.ts'
import {
  SHA384,
  authorization,
  authorized,
  callerOf,
  eventsOf,
  newHashes,
  refused,
  sentCode,
  signing,
} from '../../support/samActs.ts'
import type { SamAnswer, SamRequest } from '../../../sap/operations.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('SAP: how long a SAD lives (S14)', () => {
  let sam: TestSam
  let clock: HandClock
  let signer: TestSigner
  before(async () => {
    // After the time of the provisioning, which has the real clock.
    clock = handClock(Date.now() + MINUTE)
    sam = await buildSam({ clockSources: clock })
    signer = await makeSigner(sam)
  })
  after(() => sam.dispose())

  const stateNow = async (): Promise<string> =>
    (await sam.ssa.call('status', { requestId: newRequestId() })).state

  it('signs to the last millisecond, and refuses one later', async () => {
    const [first, second] = newHashes(2)
    assert.ok(first && second)
    const { sad, expiresInSeconds } = await authorized(sam, signer, [first, second])
    assert.equal(expiresInSeconds, 300)
    clock.pass(300_000 - 1)
    await sam.ssa.call('sign', signing(signer, sad, [first]))
    clock.pass(1)
    const { reason } = await refused(sam, 'sad_expired', () =>
      sam.ssa.call('sign', signing(signer, sad, [second])),
    )
    assert.equal(reason, 'the SAD has expired')
  })

  for (const [name, back] of [
    ['a second', 3_000],
    ['a day', 24 * HOUR],
  ] as const)
    it(`does not revive an expired SAD or code when the clock is set back by ${name} (F10)`, async () => {
      const hashes = newHashes(1)
      const { sad } = await authorized(sam, signer, hashes)
      const otp = await sentCode(sam, signer, hashes)
      clock.pass(300_000)
      await refused(sam, 'sad_expired', () => sam.ssa.call('sign', signing(signer, sad, hashes)))
      clock.stepWall(-back)
      assert.equal(await stateNow(), 'DEGRADED')
      const { reason } = await refused(sam, 'unavailable', () =>
        sam.ssa.call('sign', signing(signer, sad, hashes)),
      )
      assert.equal(reason, 'DEGRADED: the wall clock was stepped')
      await refused(sam, 'unavailable', () =>
        sam.ssa.call('authorize', authorization(signer, hashes, { otp })),
      )
      await refused(sam, 'unavailable', () => sentCode(sam, signer, hashes))
      clock.stepWall(back)
      assert.equal(await stateNow(), 'OPERATIONAL')
      await refused(sam, 'sad_expired', () => sam.ssa.call('sign', signing(signer, sad, hashes)))
      await refused(sam, 'otp_invalid', () =>
        sam.ssa.call('authorize', authorization(signer, hashes, { otp })),
      )
      // The wrong attempt does not count against the tests that follow.
      const fresh = await authorized(sam, signer, hashes)
      await sam.ssa.call('sign', signing(signer, fresh.sad, hashes))
    })

  it('still suspends a key while the clock is wrong', async () => {
    const other = await makeSigner(sam)
    clock.stepWall(-HOUR)
    await sam.ssa.call('suspend', { ...callerOf(other), reason: 'stolen' })
    const { credentialId } = other
    await assert.rejects(sam.ra.call('resume', { requestId: newRequestId(), credentialId, reason: 'no' }), {
      code: 'unavailable',
    })
    clock.stepWall(HOUR)
  })

  it('stays DEGRADED when it is started with a clock behind its journal, and revives nothing', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    clock.pass(300_000)
    await refused(sam, 'sad_expired', () => sam.ssa.call('sign', signing(signer, sad, hashes)))
    await sam.stop()
    clock.stepWall(-HOUR)
    await sam.start(clock)
    assert.equal(await stateNow(), 'DEGRADED')
    const { reason } = await refused(sam, 'unavailable', () =>
      sam.ssa.call('sign', signing(signer, sad, hashes)),
    )
    assert.equal(reason, 'DEGRADED: the wall clock is behind the journal')
    clock.pass(HOUR)
    assert.equal(await stateNow(), 'OPERATIONAL')
    await refused(sam, 'sad_expired', () => sam.ssa.call('sign', signing(signer, sad, hashes)))
  })

  it('keeps a SAD over a restart, for as long as it lived before', async () => {
    const [first, second] = newHashes(2)
    assert.ok(first && second)
    const { sad } = await authorized(sam, signer, [first, second])
    await sam.stop()
    await sam.start(clock)
    await sam.ssa.call('sign', signing(signer, sad, [first]))
    clock.pass(300_000)
    await refused(sam, 'sad_expired', () => sam.ssa.call('sign', signing(signer, sad, [second])))
  })

  it('refuses a certificate that has expired since, and names its subject', async () => {
    const now = clock.wall()
    const shortLived = await makeSigner(sam, { notBefore: now - HOUR, notAfter: now + 2 * MINUTE })
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, shortLived, hashes)
    clock.pass(3 * MINUTE)
    await refused(sam, 'certificate_expired', () => sam.ssa.call('sign', signing(shortLived, sad, hashes)))
    await refused(sam, 'certificate_expired', () => sentCode(sam, shortLived, hashes))
    await assert.rejects(sam.ssa.call('sign', signing(shortLived, sad, hashes)), {
      code: 'certificate_expired',
      subject: { organization: 'Test', commonName: 'Ada Test' },
    })
  })

  describe('extend', () => {
    const extend = (sad: string, changes: Partial<SamRequest<'extend'>> = {}): Promise<SamAnswer<'extend'>> =>
      sam.ssa.call('extend', { ...callerOf(signer), familyId: signer.familyId, sad, ...changes })

    it('renews what was approved under a new SAD, and voids the old one', async () => {
      const hashes = newHashes(2)
      const old = await authorized(sam, signer, hashes)
      clock.pass(4 * MINUTE)
      const requestId = newRequestId()
      const renewed = await extend(old.sad, { hashes, requestId })
      assert.equal(renewed.expiresInSeconds, 300)
      assert.notEqual(renewed.sad, old.sad)
      assert.equal((await eventsOf(sam, requestId))[0]?.['type'], 'EXTENDED')
      await refused(sam, 'sad_invalid', () => sam.ssa.call('sign', signing(signer, old.sad, hashes)))
      await refused(sam, 'sad_invalid', () => extend(old.sad, { hashes }))
      clock.pass(4 * MINUTE)
      await sam.ssa.call('sign', signing(signer, renewed.sad, hashes))
    })

    it('never reaches beyond fifteen minutes from the act', async () => {
      const hashes = newHashes(1)
      let { sad } = await authorized(sam, signer, hashes)
      const lifetimes: number[] = []
      for (let i = 0; i < 3; i++) {
        clock.pass(4 * MINUTE)
        const renewed = await extend(sad, { hashes })
        lifetimes.push(renewed.expiresInSeconds)
        sad = renewed.sad
      }
      assert.deepEqual(lifetimes, [300, 300, 180])
      clock.pass(179_500)
      await refused(sam, 'sad_expired', () => extend(sad, { hashes }))
      clock.pass(500)
      await refused(sam, 'sad_expired', () => extend(sad, { hashes }))
      await refused(sam, 'sad_expired', () => sam.ssa.call('sign', signing(signer, sad, hashes)))
    })

    it('revives no SAD that has expired', async () => {
      const hashes = newHashes(1)
      const { sad } = await authorized(sam, signer, hashes)
      clock.pass(300_000)
      await refused(sam, 'sad_expired', () => extend(sad, { hashes }))
    })

    it('adds no hash and no occurrence: that needs a new act', async () => {
      const [first, second] = newHashes(2)
      assert.ok(first && second)
      const { sad } = await authorized(sam, signer, [first, second])
      for (const hashes of [newHashes(1), [first, ...newHashes(1)], [first, first], [first, second, first]])
        await refused(sam, 'hash_not_authorized', () => extend(sad, { hashes }))
      await refused(sam, 'hashes_missing', () => extend(sad))
      await refused(sam, 'digest_length_invalid', () => extend(sad, { hashes: newHashes(1, 31) }))
      await refused(sam, 'digest_length_invalid', () =>
        extend(sad, { hashes: [first], hashAlgorithm: SHA384 }),
      )
      await sam.ssa.call('sign', signing(signer, sad, [first]))
      await refused(sam, 'hash_not_authorized', () => extend(sad, { hashes: [first] }))
      const renewed = await extend(sad, { hashes: [second] })
      await refused(sam, 'hash_not_authorized', () =>
        sam.ssa.call('sign', signing(signer, renewed.sad, [first])),
      )
      await sam.ssa.call('sign', signing(signer, renewed.sad, [second]))
      await refused(sam, 'sad_invalid', () => extend(renewed.sad, { hashes: [second] }))
    })

    it('refuses the SAD of another login, client, signer or credential', async () => {
      const hashes = newHashes(1)
      const other = await makeSigner(sam, { signer, clientId: 'other-app' })
      const stranger = await makeSigner(sam)
      const { sad } = await authorized(sam, signer, hashes)
      await refused(sam, 'sad_invalid', () => extend(sad, { hashes, familyId: 'fam-other' }))
      await refused(sam, 'sad_invalid', () => extend(sad, { hashes, clientId: 'other-app' }))
      await refused(sam, 'sad_invalid', () => extend(sad, { hashes, credentialId: other.credentialId }))
      await refused(sam, 'sad_invalid', () =>
        extend(sad, { hashes, signerId: stranger.signerId, credentialId: stranger.credentialId }),
      )
      await refused(sam, 'credential_unknown', () =>
        extend(sad, { hashes, credentialId: stranger.credentialId }),
      )
      await sam.ssa.call('sign', signing(signer, sad, hashes))
    })

    it('gives one new SAD when it is asked for ten at once', async () => {
      const hashes = newHashes(1)
      const { sad } = await authorized(sam, signer, hashes)
      const results = await Promise.allSettled(Array.from({ length: 10 }, () => extend(sad, { hashes })))
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    })
  })
})
