import assert from 'node:assert/strict'
import { join } from 'node:path'
import { chmod, rename } from 'node:fs/promises'
import type { SapErrorCode } from '../../../sap/errors.ts'
import type { FactorKind, SamRequest } from '../../../sap/operations.ts'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { asked, changed, deliverDue, factorsOf, proof, wish } from '../../support/factorChanges.ts'
import { handClock, type HandClock } from '../../support/handClock.ts'
import {
  authorization,
  authorized,
  eventsOf,
  journalOf,
  newHashes,
  refused,
  sentCode,
  totpOf,
} from '../../support/samActs.ts'

const WAITING_MS = 3600_000
const NEW_PIN = 'n3w-Pin4'

describe('SAM: the signer changes a factor (activation.md §4)', () => {
  let sam: TestSam
  let signer: TestSigner
  let clock: HandClock
  before(async () => {
    // Ahead of what provisioning wrote into the journal, so that time is what this clock says to the millisecond.
    clock = handClock(Date.now() + 60_000)
    sam = await buildSam({ clockSources: clock, config: { factorChange: { waitingSeconds: 3600 } } })
  })
  beforeEach(async () => {
    signer = await makeSigner(sam, { policy: 'otp-pin' })
  })
  after(() => sam.dispose())

  const messagesTo = async (to: string): Promise<readonly string[]> =>
    (await sam.outbox()).filter((message) => message.to === to).map(({ subject }) => subject)
  const old = (): string => `${signer.signerId}@example.org`
  const pinWorks = async (pin: string): Promise<void> => {
    const hashes = newHashes(1)
    await authorized(sam, signer, hashes, { pin })
  }
  const pinFails = async (pin: string): Promise<void> => {
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    await refused(sam, 'pin_invalid', () =>
      sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin })),
    )
  }
  const cancel = (kind: FactorKind, by: 'ssa' | 'ra' = 'ssa'): Promise<unknown> => {
    const { signerId } = signer
    const request = { requestId: newRequestId(), signerId, factorId: `${kind}.${signerId}`, reason: 'test' }
    return sam[by].call('cancelFactorChange', request)
  }

  it('names the change in the message of its code, and where the code went in the answer', async () => {
    const requestId = newRequestId()
    const answer = await sam.ssa.call('beginFactorChange', wish(signer, 'pin', { requestId }))
    assert.deepEqual(
      { ...answer, changeId: '' },
      { changeId: '', expiresInSeconds: 300, sentTo: 's***@example.org' },
    )
    const message = (await sam.outbox()).at(-1)
    assert.equal(message?.subject, 'Code to change your signing PIN')
    assert.match(message.text, /^Your code to change your signing PIN: [0-9]{8}$/m)
    assert.match(message.text, /^It was asked for through Application demo-app\. It signs nothing\.$/m)
    assert.equal(message.to, old())
    const [event] = await eventsOf(sam, requestId)
    assert.deepEqual(
      [event?.['type'], event?.['factor'], event?.['action'], event?.['otpId']],
      ['FACTOR_CHANGE_ASKED', 'pin', 'set', answer.changeId],
    )
  })

  it('lets the old PIN work until the waiting time is over, and the new one from then on', async () => {
    const { factorId, worksInSeconds } = await changed(sam, signer, 'pin')
    assert.deepEqual([factorId, worksInSeconds], [`pin.${signer.signerId}`, 3600])
    assert.deepEqual(await factorsOf(sam, signer).then((all) => all[0]), {
      factorId,
      kind: 'pin',
      state: 'ACTIVE',
      destination: '',
      change: { action: 'set', destination: '', worksInSeconds: 3600 },
    })
    await pinFails(NEW_PIN)
    clock.pass(WAITING_MS - 1)
    await pinFails(NEW_PIN)
    await pinWorks(signer.pin)
    clock.pass(1)
    await pinWorks(NEW_PIN)
    await pinFails(signer.pin)
    assert.equal((await factorsOf(sam, signer))[0]?.change, undefined)
  })

  it('keeps the change over a restart, before and after its time', async () => {
    await changed(sam, signer, 'pin')
    await sam.stop()
    await sam.start(clock)
    await pinWorks(signer.pin)
    clock.pass(WAITING_MS)
    await sam.stop()
    await sam.start(clock)
    await pinWorks(NEW_PIN)
  })

  it('tells the old destination before the change exists', async () => {
    const given = await asked(sam, signer, 'pin')
    const outbox = join(sam.folder, 'outbox')
    await rename(outbox, `${outbox}.away`)
    await refused(sam, 'unavailable', () => sam.ssa.call('confirmFactorChange', proof(signer, given)))
    await rename(`${outbox}.away`, outbox)
    await chmod(outbox, 0o700)
    assert.equal((await factorsOf(sam, signer))[0]?.change, undefined)
    await sam.ssa.call('confirmFactorChange', proof(signer, given))
    const notice = (await sam.outbox()).at(-1)
    assert.equal(notice?.to, old())
    assert.equal(notice.code, undefined)
    const from = new Date(clock.wall() + WAITING_MS).toISOString()
    assert.ok(notice.text.startsWith(`A new signing PIN was set for you. This works from ${from} on`))
    assert.ok(!notice.text.includes(NEW_PIN))
  })

  it('sends codes to the old destination until the time is over, notices to both, then to the new one', async () => {
    await changed(sam, signer, 'otp')
    const fresh = `new-${signer.signerId}@example.org`
    const [, listed] = await factorsOf(sam, signer)
    assert.deepEqual(
      [listed?.destination, listed?.change],
      ['s***@example.org', { action: 'set', destination: 'n***@example.org', worksInSeconds: 3600 }],
    )
    const asking = (await sam.outbox()).filter(({ code }) => code !== undefined).at(-1)
    assert.ok(asking?.text.includes(`Signing codes will go to: ${fresh}`))
    assert.deepEqual(await messagesTo(fresh), [])

    await pinWorks(signer.pin)
    assert.deepEqual(await messagesTo(fresh), [])
    await sam.ra.call('unlockFactor', {
      requestId: newRequestId(),
      signerId: signer.signerId,
      factorId: `pin.${signer.signerId}`,
      reason: 'test',
    })
    await deliverDue(sam)
    assert.deepEqual(await messagesTo(fresh), ['Your signing PIN was unlocked'])
    assert.equal((await messagesTo(old())).at(-1), 'Your signing PIN was unlocked')

    clock.pass(WAITING_MS)
    const before = (await messagesTo(old())).length
    await pinWorks(signer.pin)
    assert.equal((await messagesTo(old())).length, before)
    assert.equal((await messagesTo(fresh)).at(-1), 'Signing code for Application demo-app')
  })

  it('sends a lock-out notice to both destinations while one waits', async () => {
    await changed(sam, signer, 'otp')
    for (let i = 0; i < 5; i++)
      await assert.rejects(
        sam.ssa.call('authorize', authorization(signer, newHashes(1), { otp: '00000000', pin: signer.pin })),
      )
    await deliverDue(sam)
    const fresh = await messagesTo(`new-${signer.signerId}@example.org`)
    assert.deepEqual(fresh, ['A signing factor of yours was locked'])
    assert.equal((await messagesTo(old())).at(-1), 'A signing factor of yours was locked')
  })

  it('sends the secret of a new authenticator to the signer, and nothing of it to the SSA', async () => {
    const app = await makeSigner(sam, { signer, policy: 'totp' })
    const given = await asked(sam, signer, 'totp')
    const answer = await sam.ssa.call('confirmFactorChange', proof(signer, given))
    assert.deepEqual(Object.keys(answer).sort(), ['factorId', 'worksInSeconds'])
    const notice = (await sam.outbox()).at(-1)
    const otpauthUri = /^otpauth:\/\/totp\/\S+$/m.exec(notice?.text ?? '')?.[0] ?? ''
    const fresh = { ...app, otpauthUri }
    const act = (by: TestSigner): Promise<unknown> =>
      sam.ssa.call('authorize', authorization(by, newHashes(1), { totp: totpOf(by, 0, clock.wall()) }))
    await refused(sam, 'otp_invalid', () => act(fresh))
    await act(app)
    clock.pass(WAITING_MS)
    await act(fresh)
    await refused(sam, 'otp_invalid', () => act(app))
  })

  it('uses a time step once for a signer, whichever authenticator it was', async () => {
    const app = await makeSigner(sam, { signer, policy: 'totp' })
    const { signerId } = signer
    const act = (by: TestSigner, steps: number): Promise<unknown> =>
      sam.ssa.call('authorize', authorization(by, newHashes(1), { totp: totpOf(by, steps, clock.wall()) }))
    await act(app, 1)
    const reset = { requestId: newRequestId(), signerId, factorId: `totp.${signerId}`, reason: 'new phone' }
    const { otpauthUri = '' } = await sam.ra.call('resetFactor', reset)
    const fresh = { ...app, otpauthUri }
    await refused(sam, 'otp_invalid', () => act(fresh, 0))
    await refused(sam, 'otp_invalid', () => act(fresh, 1))
    await sam.ra.call('removeFactor', { ...reset, requestId: newRequestId() })
    const enrolled = await sam.ra.call('enrolTotp', { requestId: newRequestId(), signerId })
    await refused(sam, 'otp_invalid', () => act({ ...app, otpauthUri: enrolled.otpauthUri }, 1))
    clock.pass(60_000)
    await act({ ...app, otpauthUri: enrolled.otpauthUri }, 0)
  })

  it('removes a factor when the time is over, and adds one again', async () => {
    await changed(sam, signer, 'pin', { action: 'remove' })
    assert.equal((await factorsOf(sam, signer))[0]?.change?.action, 'remove')
    assert.equal((await sam.outbox()).at(-1)?.subject, 'Your signing PIN will be removed')
    await pinWorks(signer.pin)
    clock.pass(WAITING_MS)
    assert.deepEqual(
      (await factorsOf(sam, signer)).map(({ kind }) => kind),
      ['otp', 'totp'],
    )
    await pinFails(signer.pin)
    await refused(sam, 'factor_unknown', () =>
      sam.ssa.call('beginFactorChange', wish(signer, 'pin', { action: 'remove' })),
    )
    const { signerId } = signer
    await refused(sam, 'factor_unknown', () =>
      sam.ra.call('unlockFactor', {
        requestId: newRequestId(),
        signerId,
        factorId: `pin.${signerId}`,
        reason: 'x',
      }),
    )

    await changed(sam, signer, 'pin')
    const codes = (await sam.outbox()).filter(({ code }) => code !== undefined)
    assert.equal(codes.at(-1)?.subject, 'Code to add a signing PIN')
    assert.deepEqual((await factorsOf(sam, signer))[0], {
      factorId: `pin.${signerId}`,
      kind: 'pin',
      state: 'PENDING',
      destination: '',
      change: { action: 'set', destination: '', worksInSeconds: 3600 },
    })
    await refused(sam, 'factor_exists', () =>
      sam.ra.call('enrolPin', { requestId: newRequestId(), signerId, pin: 'officers-9Pin' }),
    )
    await pinFails(NEW_PIN)
    clock.pass(WAITING_MS)
    await pinWorks(NEW_PIN)
  })

  for (const by of ['ssa', 'ra'] as const)
    it(`drops a change that waits, and tells every destination: cancelled by ${by}`, async () => {
      await changed(sam, signer, 'otp')
      await cancel('otp', by)
      await deliverDue(sam)
      const fresh = `new-${signer.signerId}@example.org`
      assert.deepEqual(await messagesTo(fresh), ['A change was cancelled'])
      assert.equal((await messagesTo(old())).at(-1), 'A change was cancelled')
      clock.pass(WAITING_MS)
      await pinWorks(signer.pin)
      assert.deepEqual(await messagesTo(fresh), ['A change was cancelled'])
      await refused(sam, 'state_forbids', () => cancel('otp', by))
    })

  it('cannot be cancelled when its time is over, nor for another signer', async () => {
    await changed(sam, signer, 'pin')
    const other = await makeSigner(sam)
    await refused(sam, 'factor_unknown', () =>
      sam.ssa.call('cancelFactorChange', {
        requestId: newRequestId(),
        signerId: other.signerId,
        factorId: `pin.${signer.signerId}`,
        reason: 'test',
      }),
    )
    clock.pass(WAITING_MS)
    await refused(sam, 'state_forbids', () => cancel('pin'))
    await pinWorks(NEW_PIN)
  })

  it('takes one change of a factor at a time', async () => {
    await changed(sam, signer, 'pin')
    await refused(sam, 'state_forbids', () => sam.ssa.call('beginFactorChange', wish(signer, 'pin')))
    // Begun before the other one was proved.
    const given = await asked(sam, signer, 'totp')
    await cancel('pin')
    await sam.ssa.call('confirmFactorChange', proof(signer, given))
  })

  it('is acknowledged again when its answer was lost', async () => {
    const given = await asked(sam, signer, 'pin')
    await sam.ssa.call('confirmFactorChange', proof(signer, given))
    clock.pass(1000)
    const again = await sam.ssa.call('confirmFactorChange', proof(signer, given))
    assert.deepEqual(again, { factorId: `pin.${signer.signerId}`, worksInSeconds: 3599 })
    assert.equal(
      (await journalOf(sam, 'FACTOR_CHANGE_PROVED')).at(-1)?.['worksAt'],
      clock.wall() + WAITING_MS - 1000,
    )
  })

  it('gives no attempts back: neither by a change, nor for a code that was sent anew', async () => {
    for (let i = 0; i < 3; i++) await pinFails('k7-Pq2x8')
    await changed(sam, signer, 'pin')
    clock.pass(WAITING_MS)
    for (let i = 0; i < 2; i++) await pinFails('k7-Pq2x8')
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    await refused(sam, 'pin_locked', () =>
      sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin: NEW_PIN })),
    )
    await refused(sam, 'pin_locked', () => sam.ssa.call('beginFactorChange', wish(signer, 'pin')))
  })

  const refusals: readonly [string, Partial<SamRequest<'beginFactorChange'>>, FactorKind, SapErrorCode][] = [
    ['a weak PIN', { pin: '123456' }, 'pin', 'pin_too_weak'],
    ['no PIN', { pin: undefined }, 'pin', 'malformed'],
    ['a PIN for an authenticator', { pin: NEW_PIN }, 'totp', 'malformed'],
    ['a destination with a PIN', { destination: 'x@example.org' }, 'pin', 'malformed'],
    ['a destination without a channel', { channel: undefined }, 'otp', 'malformed'],
    ['content with a removal', { action: 'remove', pin: NEW_PIN }, 'pin', 'malformed'],
    ['a channel that is not there', { channel: 'smtp' }, 'otp', 'otp_not_sendable'],
    ['an unknown client', { clientId: 'nobody' }, 'pin', 'client_unknown'],
    ['an unknown signer', { signerId: 'sgn-none' }, 'pin', 'signer_unknown'],
  ]
  for (const [what, changes, kind, code] of refusals)
    it(`refuses ${what}, and sends nothing`, async () => {
      const { length } = await sam.outbox()
      await refused(sam, code, () => sam.ssa.call('beginFactorChange', wish(signer, kind, changes)))
      assert.equal((await sam.outbox()).length, length)
    })

  it('needs a destination that codes go to already', async () => {
    const { signerId } = await sam.ra.call('createSigner', {
      requestId: newRequestId(),
      commonName: 'Bo',
      country: 'DK',
    })
    await refused(sam, 'otp_not_sendable', () =>
      sam.ssa.call('beginFactorChange', { ...wish(signer, 'otp'), signerId }),
    )
  })
})

describe('SAM: codes for changes', () => {
  it('counts its codes against the same budget as codes for signing', async () => {
    const tight = await buildSam({ config: { otp: { lifetimeSeconds: 300, sendsPerQuarterHour: 3 } } })
    try {
      const person = await makeSigner(tight)
      await sentCode(tight, person)
      await asked(tight, person, 'pin')
      await sentCode(tight, person)
      await refused(tight, 'otps_limited', () => tight.ssa.call('beginFactorChange', wish(person, 'pin')))
      await refused(tight, 'otps_limited', () => sentCode(tight, person))
    } finally {
      await tight.dispose()
    }
  })
})

describe('SAM: no waiting time, in the dev profile', () => {
  it('makes the change at once, and still tells the old destination', async () => {
    const sam = await buildSam({ config: { factorChange: { waitingSeconds: 0 } } })
    try {
      const signer = await makeSigner(sam)
      assert.equal((await changed(sam, signer, 'otp')).worksInSeconds, 0)
      const told = (await sam.outbox()).at(-1)
      assert.deepEqual(
        [told?.to, told?.subject],
        [`${signer.signerId}@example.org`, 'A new address for signing codes was set for you'],
      )
      await authorized(sam, signer, newHashes(1))
      assert.equal((await sam.outbox()).at(-1)?.to, `new-${signer.signerId}@example.org`)
    } finally {
      await sam.dispose()
    }
  })
})
