import assert from 'node:assert/strict'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { asked, changed, factorsOf, proof, wish } from '../../support/factorChanges.ts'
import { handClock, type HandClock } from '../../support/handClock.ts'
import {
  authorization,
  callerOf,
  journalOf,
  newHashes,
  refused,
  sentCode,
  totpOf,
} from '../../support/samActs.ts'
import { holdCalls } from '../../support/slowHsm.ts'

const WAITING_MS = 3600_000

/** Whoever has the SSA's certificate wants a factor of its own in place of the signer's (O14, O16). */
describe('an SSA that lies about factor changes', () => {
  let sam: TestSam
  let ada: TestSigner
  let clock: HandClock
  before(async () => {
    clock = handClock(Date.now() + 60_000)
    sam = await buildSam({ clockSources: clock, config: { factorChange: { waitingSeconds: 3600 } } })
    await makeSigner(sam, { clientId: 'other-app' })
  })
  beforeEach(async () => {
    ada = await makeSigner(sam, { policy: 'otp-pin' })
  })
  after(() => sam.dispose())

  const confirm = (
    given: { readonly changeId: string; readonly otp: string },
    changes: Partial<TestSigner> = {},
  ): Promise<unknown> => sam.ssa.call('confirmFactorChange', proof({ ...ada, ...changes }, given))
  const isRefused = async (
    given: { readonly changeId: string; readonly otp: string },
    changes: Partial<TestSigner> = {},
  ): Promise<unknown> => (await refused(sam, 'otp_invalid', () => confirm(given, changes)))['reason']
  const nothingWaits = async (signer = ada): Promise<void> => {
    for (const { change, state } of await factorsOf(sam, signer))
      assert.deepEqual([change, state], [undefined, 'ACTIVE'])
  }

  it('cannot use a code for signing as the proof, plain or bound', async () => {
    const { changeId } = await asked(sam, ada, 'otp')
    for (const hashes of [undefined, newHashes(1)]) {
      const otp = await sentCode(sam, ada, hashes)
      const openId = (await journalOf(sam, 'OTP_MADE')).at(-1)?.['otpId']
      assert.equal(await isRefused({ changeId, otp }), 'the code was not made for a change')
      assert.equal(await isRefused({ changeId: String(openId), otp }), 'the code was not made for a change')
    }
    await nothingWaits()
  })

  it('cannot use a PIN or a code of the app as the proof', async () => {
    const { changeId } = await asked(sam, ada, 'otp')
    for (const otp of [ada.pin, totpOf(ada, 0, clock.wall())]) await isRefused({ changeId, otp })
    await nothingWaits()
  })

  it('cannot sign with the code for a change, whatever the credential', async () => {
    for (const policy of ['otp', 'otp-pin', 'bound-otp', 'scal1-otp'] as const) {
      const signer = await makeSigner(sam, { signer: ada, policy })
      const { otp } = await asked(sam, ada, 'pin')
      const pin = policy === 'otp-pin' ? { pin: ada.pin } : {}
      const entry = await refused(sam, 'otp_invalid', () =>
        sam.ssa.call('authorize', authorization(signer, newHashes(1), { otp, ...pin })),
      )
      assert.equal(entry['reason'], 'the code was made for another list, credential or client')
    }
  })

  it('cannot use the code of one change for another', async () => {
    const harmless = await asked(sam, ada, 'pin')
    const theft = await asked(sam, ada, 'otp', { destination: 'thief@example.org' })
    await isRefused({ changeId: theft.changeId, otp: harmless.otp })
    await isRefused(harmless)
    assert.equal(
      await isRefused({ changeId: harmless.changeId, otp: theft.otp }),
      'the code was made for another change',
    )
    await nothingWaits()
  })

  it('cannot exchange what was asked for once the code was sent', async () => {
    const given = await asked(sam, ada, 'otp')
    // There is nothing to exchange in the messages; so it writes into the database.
    const { write } = sam.deps.database
    await write.raw('UPDATE otp SET binding = replace(binding, ?, ?)', ['new-', 'thief-'])
    assert.equal(await isRefused(given), 'wrong code')
    await nothingWaits()
  })

  it('cannot turn a code for signing into one for a change, or back, in the database', async () => {
    const given = await asked(sam, ada, 'otp')
    const text: unknown = await sam.deps.database.read('otp').where({ id: given.changeId }).first('binding')
    assert.ok(typeof text === 'object' && text !== null && 'binding' in text)
    const otp = await sentCode(sam, ada)
    const openId = String((await journalOf(sam, 'OTP_MADE')).at(-1)?.['otpId'])
    await sam.deps.database
      .write('otp')
      .where({ id: openId })
      .update({ binding: String(text.binding) })
    assert.equal(await isRefused({ changeId: openId, otp }), 'wrong code')
    await sam.deps.database.write('otp').where({ id: openId }).update({ state: 'void' })
    await sam.deps.database
      .write('otp')
      .where({ id: given.changeId })
      .update({ state: 'open', binding: null })
    const hashes = newHashes(1)
    await refused(sam, 'otp_invalid', () =>
      sam.ssa.call('authorize', authorization(ada, hashes, { otp: given.otp, pin: ada.pin })),
    )
  })

  it('cannot prove a change twice: a cancelled one stays cancelled', async () => {
    const given = await asked(sam, ada, 'otp')
    await confirm(given)
    const { signerId } = ada
    const cancelled = { requestId: newRequestId(), signerId, factorId: `otp.${signerId}`, reason: 'theft' }
    await sam.ssa.call('cancelFactorChange', cancelled)
    assert.equal(await isRefused(given), 'no code is open')
    await nothingWaits()
  })

  it('is heard once when it proves a change several times at the same time', async () => {
    const given = await asked(sam, ada, 'pin')
    const known = (await journalOf(sam, 'FACTOR_CHANGE_PROVED')).length
    await Promise.allSettled(Array.from({ length: 4 }, () => confirm(given)))
    assert.equal((await journalOf(sam, 'FACTOR_CHANGE_PROVED')).length, known + 1)
    const [pin] = await factorsOf(sam, ada)
    assert.equal(pin?.change?.action, 'set')
  })

  it("cannot use another signer's code, nor for another signer", async () => {
    const mallory = await makeSigner(sam)
    const own = await asked(sam, mallory, 'otp')
    const wanted = await asked(sam, ada, 'otp', { destination: 'thief@example.org' })
    await isRefused({ changeId: wanted.changeId, otp: own.otp })
    await isRefused(own)
    await isRefused(wanted, { signerId: mallory.signerId })
    await nothingWaits()
    await nothingWaits(mallory)
  })

  it('cannot name another client than the message did', async () => {
    const given = await asked(sam, ada, 'otp')
    assert.equal(await isRefused(given, { clientId: 'other-app' }), 'the change was begun by another client')
    await refused(sam, 'client_unknown', () => confirm(given, { clientId: 'nobody' }))
    await nothingWaits()
  })

  it('cannot use a code after its time', async () => {
    const given = await asked(sam, ada, 'otp')
    clock.pass(300_000)
    assert.equal(await isRefused(given), 'the code has expired')
  })

  it('cannot guess: five attempts, of all kinds together, and the right code comes too late', async () => {
    const given = await asked(sam, ada, 'otp')
    const wrong = String((Number(given.otp) + 1) % 10 ** 8).padStart(8, '0')
    for (let i = 0; i < 3; i++) await isRefused({ ...given, otp: wrong })
    for (let i = 0; i < 2; i++)
      await refused(sam, 'otp_invalid', () =>
        sam.ssa.call('authorize', authorization(ada, newHashes(1), { otp: wrong, pin: ada.pin })),
      )
    await refused(sam, 'otp_locked', () => confirm(given))
    await refused(sam, 'otp_locked', () => sam.ssa.call('beginFactorChange', wish(ada, 'otp')))
    assert.equal((await journalOf(sam, 'FACTOR_CHANGE_PROVED')).filter(ofAda).length, 0)
  })
  const ofAda = ({ signerId }: { readonly signerId?: unknown }): boolean => signerId === ada.signerId

  it('counts an attempt before it compares, also at the last one', async () => {
    const given = await asked(sam, ada, 'otp')
    const wrong = String((Number(given.otp) + 1) % 10 ** 8).padStart(8, '0')
    for (let i = 0; i < 4; i++) await isRefused({ ...given, otp: wrong })
    await confirm(given)
    const otp = await sam.deps.records.read('factor', `otp.${ada.signerId}`)
    assert.equal(otp?.value.attempts, 0)
  })

  it('cannot have the waiting time over by setting the clock', async () => {
    await changed(sam, ada, 'pin')
    clock.stepWall(WAITING_MS)
    try {
      const [pin] = await factorsOf(sam, ada)
      assert.equal(pin?.change?.worksInSeconds, 3600)
      await assert.rejects(sentCode(sam, ada), { code: 'unavailable' })
      await assert.rejects(
        sam.ssa.call('authorize', authorization(ada, newHashes(1), { otp: '12345678', pin: 'n3w-Pin4' })),
        { code: 'unavailable' },
      )
      await assert.rejects(sam.ssa.call('beginFactorChange', wish(ada, 'otp')), { code: 'unavailable' })
    } finally {
      clock.stepWall(-WAITING_MS)
    }
  })

  it('cannot have the next code sent to a destination that still waits', async () => {
    await changed(sam, ada, 'otp', { destination: 'thief@example.org' })
    await asked(sam, ada, 'pin')
    await sentCode(sam, ada)
    const received = (await sam.outbox()).filter(({ to }) => to === 'thief@example.org')
    assert.deepEqual(received, [])
  })

  it('does not make a credential weaker by removing a factor', async () => {
    await changed(sam, ada, 'pin', { action: 'remove' })
    clock.pass(WAITING_MS)
    const hashes = newHashes(1)
    const otp = await sentCode(sam, ada, hashes)
    await refused(sam, 'pin_missing', () => sam.ssa.call('authorize', authorization(ada, hashes, { otp })))
    await refused(sam, 'pin_invalid', () =>
      sam.ssa.call('authorize', authorization(ada, hashes, { otp, pin: ada.pin })),
    )
  })

  it('cannot use what was right before the officer reset it', async () => {
    const hashes = newHashes(1)
    const app = await makeSigner(sam, { signer: ada, policy: 'totp-pin' })
    const held = holdCalls(sam, 'random')
    const late = refusedLate(() => sam.ssa.call('authorize', authorization(app, hashes, byApp(app, app.pin))))
    await held.reached(1)
    const { signerId } = ada
    const stored = await sam.deps.records.read('factor', `pin.${signerId}`)
    assert.equal(stored?.value.attempts, 1)
    await sam.ra.call('resetFactor', {
      requestId: newRequestId(),
      signerId,
      factorId: `pin.${signerId}`,
      reason: 'stolen',
      pin: 'n3w-Pin4',
    })
    held.letGo()
    held.undo()
    assert.equal(await late, 'pin_invalid')
    assert.deepEqual((await journalOf(sam, 'AUTHORIZED')).filter(ofAda), [])
    await sam.ssa.call('authorize', authorization(app, hashes, byApp(app, 'n3w-Pin4')))
  })
  const byApp = (signer: TestSigner, pin: string): { readonly totp: string; readonly pin: string } => ({
    totp: totpOf(signer, 0, clock.wall()),
    pin,
  })

  async function refusedLate(call: () => Promise<unknown>): Promise<string> {
    try {
      await call()
      return 'authorized'
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'unexpected'
    }
  }

  it('cannot prove a change whose code was ended by a reset of the destination', async () => {
    const given = await asked(sam, ada, 'pin')
    const { signerId } = ada
    await sam.ra.call('resetFactor', {
      requestId: newRequestId(),
      signerId,
      factorId: `otp.${signerId}`,
      reason: 'mailbox taken over',
      channel: 'file',
      destination: 'ada@safe.example',
    })
    assert.equal(await isRefused(given), 'no code is open')
    await nothingWaits()
    await sam.ssa.call('sendOtp', callerOf(ada))
    assert.equal((await sam.outbox()).at(-1)?.to, 'ada@safe.example')
  })
})
