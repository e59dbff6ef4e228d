import assert from 'node:assert/strict'
import { totpCode } from '../../../sam/factors/totp.ts'
import type { SamAnswer, SamRequest } from '../../../sap/operations.ts'
import { buildSam, makeSigner, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { handClock, type HandClock } from '../../support/handClock.ts'
import { authorization, journalOf, newHashes, refused, totpOf } from '../../support/samActs.ts'
import { holdCalls } from '../../support/slowHsm.ts'

const STEP = 30_000

describe('SAM: codes of an app (RFC 6238)', () => {
  let sam: TestSam
  let clock: HandClock
  before(async () => {
    clock = handClock(Math.ceil(Date.now() / STEP + 2) * STEP)
    sam = await buildSam({ clockSources: clock })
  })
  after(() => sam.dispose())

  const authorize = (
    hashes: readonly Buffer[],
    changes: Partial<SamRequest<'authorize'>>,
    by: TestSigner,
  ): Promise<SamAnswer<'authorize'>> => sam.ssa.call('authorize', authorization(by, hashes, changes))

  it('is the one of the RFC: its SHA-1 vectors, cut to six digits', () => {
    const secret = Buffer.from('12345678901234567890')
    for (const [seconds, code] of [
      [59, '287082'],
      [1111111109, '081804'],
      [1111111111, '050471'],
      [1234567890, '005924'],
      [2000000000, '279037'],
      [20000000000, '353130'],
    ] as const)
      assert.equal(totpCode(secret, Math.floor(seconds / 30)), code)
  })

  const now = (): number => clock.wall()
  let app: TestSigner
  beforeEach(async () => {
    app = await makeSigner(sam, { policy: 'totp' })
    clock.pass(STEP)
  })

  it('authorizes at grade plain-otp', async () => {
    assert.equal((await authorize(newHashes(1), { totp: totpOf(app, 0, now()) }, app)).grade, 'plain-otp')
  })

  for (const stepsAway of [-1, 1])
    it(`is taken ${stepsAway} step away, and then none before it`, async () => {
      const hashes = newHashes(1)
      await authorize(hashes, { totp: totpOf(app, stepsAway, now()) }, app)
      await refused(sam, 'otp_invalid', () => authorize(hashes, { totp: totpOf(app, stepsAway, now()) }, app))
      await refused(sam, 'otp_invalid', () =>
        authorize(hashes, { totp: totpOf(app, stepsAway - 1, now()) }, app),
      )
    })

  for (const stepsAway of [-3, -2, 2, 3])
    it(`is refused ${stepsAway} steps away`, async () => {
      await refused(sam, 'otp_invalid', () =>
        authorize(newHashes(1), { totp: totpOf(app, stepsAway, now()) }, app),
      )
    })

  it('serves once for its step, also when it comes four times at once, right each time', async () => {
    const hashes = newHashes(1)
    const totp = totpOf(app, 0, now())
    // The SAD is drawn after every factor was found right, and before anything is written.
    const held = holdCalls(sam, 'random')
    const all = Promise.allSettled(Array.from({ length: 4 }, () => authorize(hashes, { totp }, app)))
    await held.reached(4)
    held.letGo()
    const results = await all
    held.undo()
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    const acts = await journalOf(sam, 'AUTHORIZED')
    assert.equal(acts.filter(({ signerId }) => signerId === app.signerId).length, 1)
    await refused(sam, 'otp_invalid', () => authorize(hashes, { totp }, app))
    clock.pass(STEP)
    await authorize(hashes, { totp: totpOf(app, 0, now()) }, app)
  })

  it('is refused in another form', async () => {
    const hashes = newHashes(1)
    const code = totpOf(app, 0, now())
    for (const totp of [code.slice(1), `${code}0`, 'abcdef', `-${code}x`])
      await refused(sam, 'otp_invalid', () => authorize(hashes, { totp }, app))
    await authorize(hashes, { totp: `${code.slice(0, 3)} ${code.slice(3)}` }, app)
  })
})
