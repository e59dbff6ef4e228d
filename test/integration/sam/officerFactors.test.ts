import assert from 'node:assert/strict'
import type { SapErrorCode } from '../../../sap/errors.ts'
import type { SamRequest } from '../../../sap/operations.ts'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { changed, deliverDue, factorsOf } from '../../support/factorChanges.ts'
import {
  authorization,
  authorized,
  eventsOf,
  newHashes,
  refused,
  sentCode,
  totpOf,
} from '../../support/samActs.ts'

describe('SAM: the registration officer and the factors of a signer', () => {
  let sam: TestSam
  let signer: TestSigner
  before(async () => {
    sam = await buildSam()
  })
  beforeEach(async () => {
    signer = await makeSigner(sam, { policy: 'otp-pin' })
  })
  after(() => sam.dispose())

  const named = (kind: 'pin' | 'otp' | 'totp', of = signer): { signerId: string; factorId: string } => ({
    signerId: of.signerId,
    factorId: `${kind}.${of.signerId}`,
  })
  const reset = (
    kind: 'pin' | 'otp' | 'totp',
    changes: Partial<SamRequest<'resetFactor'>> = {},
  ): SamRequest<'resetFactor'> => {
    const content = {
      pin: { pin: 'n3w-Pin4' },
      totp: {},
      otp: { channel: 'file', destination: 'ada@new.example' },
    } as const
    return { requestId: newRequestId(), ...named(kind), reason: 'forgotten', ...content[kind], ...changes }
  }
  const delivered = async (to: string): Promise<readonly string[]> => {
    await deliverDue(sam)
    const notices = (await sam.outbox()).filter((message) => message.code === undefined && message.to === to)
    return notices.map(({ subject }) => subject)
  }
  const old = (): string => `${signer.signerId}@example.org`
  const lockPin = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) {
      const hashes = newHashes(1)
      const otp = await sentCode(sam, signer, hashes)
      await assert.rejects(
        sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin: 'wr0ng-Pin' })),
      )
    }
  }

  it('resets a locked PIN at once, with all attempts, and the signer is told', async () => {
    await lockPin()
    const request = reset('pin')
    assert.deepEqual(await sam.ra.call('resetFactor', request), { factorId: `pin.${signer.signerId}` })
    const [event] = await eventsOf(sam, request.requestId)
    assert.deepEqual(
      [event?.['type'], event?.['factor'], event?.['reason']],
      ['FACTOR_RESET', 'pin', 'forgotten'],
    )
    await sam.ra.call('unlockFactor', { requestId: newRequestId(), ...named('otp'), reason: 'seen' })
    await authorized(sam, signer, newHashes(1), { pin: 'n3w-Pin4' })
    // Two messages of one millisecond lie in the folder in any order.
    assert.deepEqual((await delivered(old())).slice(-2).toSorted(), [
      'Your address for signing codes was unlocked',
      'Your signing PIN was set anew',
    ])
  })

  it('shows the secret of a new authenticator once, to the officer', async () => {
    const app = await makeSigner(sam, { signer, policy: 'totp' })
    const { otpauthUri = '' } = await sam.ra.call('resetFactor', reset('totp'))
    const act = (by: TestSigner): Promise<unknown> =>
      sam.ssa.call('authorize', authorization(by, newHashes(1), { totp: totpOf(by) }))
    await refused(sam, 'otp_invalid', () => act(app))
    await act({ ...app, otpauthUri })
  })

  it('sends codes elsewhere at once, and tells the old destination, also when it is slow', async () => {
    await sam.ra.call('resetFactor', reset('otp'))
    await sentCode(sam, signer)
    assert.equal((await sam.outbox()).at(-1)?.to, 'ada@new.example')
    assert.equal((await delivered(old())).at(-1), 'Your address for signing codes was set anew')
    assert.deepEqual(await delivered('ada@new.example'), [])
  })

  it('drops a change that the signer had proved', async () => {
    await changed(sam, signer, 'pin', { pin: 'waits-4Pin' })
    await sam.ra.call('resetFactor', reset('pin'))
    assert.deepEqual(
      (await factorsOf(sam, signer)).map(({ change }) => change),
      [undefined, undefined, undefined],
    )
  })

  it('removes a factor at once; it can be enrolled again, and removed again', async () => {
    const request = { requestId: newRequestId(), ...named('pin'), reason: 'left' }
    await sam.ra.call('removeFactor', request)
    await sam.ra.call('removeFactor', { ...request, requestId: newRequestId() })
    const [event] = await eventsOf(sam, request.requestId)
    assert.deepEqual([event?.['type'], event?.['reason']], ['FACTOR_REMOVED', 'left'])
    assert.deepEqual(
      (await factorsOf(sam, signer)).map(({ kind }) => kind),
      ['otp', 'totp'],
    )
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    await refused(sam, 'pin_invalid', () =>
      sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin: signer.pin })),
    )
    assert.equal((await delivered(old())).at(-1), 'Your signing PIN was removed')
    const { signerId } = signer
    await sam.ra.call('enrolPin', { requestId: newRequestId(), signerId, pin: 'n3w-Pin4' })
    await authorized(sam, signer, hashes, { pin: 'n3w-Pin4' })
  })

  it('removes the destination, tells it, and voids what was sent there', async () => {
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    await sam.ra.call('removeFactor', { requestId: newRequestId(), ...named('otp'), reason: 'left' })
    assert.equal((await delivered(old())).at(-1), 'Your address for signing codes was removed')
    await refused(sam, 'otp_invalid', () =>
      sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin: signer.pin })),
    )
    await refused(sam, 'otp_not_sendable', () => sentCode(sam, signer, hashes))
    const { signerId } = signer
    const again = { requestId: newRequestId(), signerId, channel: 'file', destination: old() } as const
    await sam.ra.call('setOtpDestination', again)
    await refused(sam, 'otp_invalid', () =>
      sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin: signer.pin })),
    )
    await authorized(sam, signer, hashes, { pin: signer.pin })
  })

  const refusals: readonly [string, SapErrorCode, () => Partial<SamRequest<'resetFactor'>>][] = [
    ['another signer', 'factor_unknown', () => ({ factorId: 'pin.sgn-other' })],
    ['a factor that was never there', 'factor_unknown', () => ({ factorId: `passkey.${signer.signerId}` })],
    ['a weak PIN', 'pin_too_weak', () => ({ pin: '111111' })],
    ['no PIN', 'malformed', () => ({ pin: undefined })],
    ['a destination with a PIN', 'malformed', () => ({ destination: 'x@example.org' })],
    ['a signer who is not there', 'signer_unknown', () => ({ signerId: 'sgn-none' })],
    ['no reason', 'malformed', () => ({ reason: '' })],
  ]
  for (const [what, code, changes] of refusals)
    it(`refuses a reset for ${what}`, async () => {
      const before = await factorsOf(sam, signer)
      await refused(sam, code, () => sam.ra.call('resetFactor', reset('pin', changes())))
      assert.deepEqual(await factorsOf(sam, signer), before)
    })

  it('finds no waiting change after the state was accepted', async () => {
    await changed(sam, signer, 'pin', { pin: 'waits-4Pin' })
    sam.deps.state.lock('found by a test')
    await sam.officer.call('acceptState', { requestId: newRequestId(), reason: 'test' })
    const factors = await factorsOf(sam, signer)
    assert.deepEqual(
      factors.map(({ state, change }) => [state, change]),
      [
        ['LOCKED', undefined],
        ['LOCKED', undefined],
        ['LOCKED', undefined],
      ],
    )
  })
})
