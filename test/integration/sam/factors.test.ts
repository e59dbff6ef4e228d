import assert from 'node:assert/strict'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import {
  authorization,
  authorized,
  journalOf,
  newHashes,
  refused,
  sentCode,
  signing,
  totpOf,
} from '../../support/samActs.ts'

const WRONG_PIN = 'k7-Pq2x8'
const wrongCode = (right: string): string => String((Number(right) + 1) % 10 ** 8).padStart(8, '0')

describe('SAP authorize: counters and locks', () => {
  let sam: TestSam
  let signer: TestSigner
  before(async () => {
    sam = await buildSam()
  })
  beforeEach(async () => {
    signer = await makeSigner(sam, { policy: 'otp-pin' })
  })
  after(() => sam.dispose())

  /** The attempts that stand against a factor, from its record. */
  async function attempts(kind: 'otp' | 'pin' | 'totp', of = signer): Promise<number> {
    const stored = await sam.deps.records.read('factor', `${kind}.${of.signerId}`)
    return stored?.value.attempts ?? -1
  }

  async function attempted(kind: string, of = signer): Promise<number> {
    const events = await journalOf(sam, 'FACTOR_ATTEMPTED')
    return events.filter(({ signerId, factor }) => signerId === of.signerId && factor === kind).length
  }

  async function states(of = signer): Promise<Readonly<Record<string, string>>> {
    const { factors } = await sam.ssa.call('factors', { requestId: newRequestId(), signerId: of.signerId })
    return Object.fromEntries(factors.map(({ kind, state }) => [kind, state]))
  }

  const unlock = (kind: 'otp' | 'pin' | 'totp', of = signer): Promise<unknown> => {
    const factorId = `${kind}.${of.signerId}`
    return sam.ra.call('unlockFactor', {
      requestId: newRequestId(),
      signerId: of.signerId,
      factorId,
      reason: 'seen in person',
    })
  }

  it('locks a code after five wrong ones, for the right one too, over a restart (O01)', async () => {
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    const { pin } = signer
    for (let i = 0; i < 5; i++)
      await refused(sam, 'otp_invalid', () =>
        sam.ssa.call('authorize', authorization(signer, hashes, { otp: wrongCode(otp), pin })),
      )
    const right = authorization(signer, hashes, { otp, pin })
    await refused(sam, 'otp_locked', () => sam.ssa.call('authorize', right))
    const [lock] = (await journalOf(sam, 'FACTOR_LOCKED')).filter(
      ({ signerId }) => signerId === signer.signerId,
    )
    assert.equal(lock?.['factor'], 'otp')
    assert.deepEqual(await states(), { pin: 'ACTIVE', otp: 'LOCKED', totp: 'ACTIVE' })
    await refused(sam, 'otp_locked', () => sentCode(sam, signer, hashes))

    await sam.stop()
    await sam.start()
    await refused(sam, 'otp_locked', () => sam.ssa.call('authorize', right))
    assert.equal(await attempts('otp'), 5)

    await unlock('otp')
    assert.equal((await sam.ssa.call('authorize', right)).grade, 'bound-otp')
  })

  it('does not give attempts back for a new code (O01)', async () => {
    const hashes = newHashes(1)
    for (let i = 0; i < 5; i++) {
      const otp = await sentCode(sam, signer, hashes)
      await refused(sam, 'otp_invalid', () =>
        sam.ssa.call('authorize', authorization(signer, hashes, { otp: wrongCode(otp), pin: signer.pin })),
      )
    }
    await refused(sam, 'otp_locked', () => sentCode(sam, signer, hashes))
  })

  it('evaluates at most five of fifty guesses that come at once (O02)', async () => {
    const hashes = newHashes(1)
    const otp = Number(await sentCode(sam, signer, hashes))
    const guesses = Array.from({ length: 50 }, (_, index) =>
      sam.ssa
        .call(
          'authorize',
          authorization(signer, hashes, {
            otp: String((otp + index + 1) % 1e8).padStart(8, '0'),
            pin: signer.pin,
          }),
        )
        .then(
          () => 'authorized',
          (error: unknown) => (error instanceof Error && 'code' in error ? error.code : 'unexpected'),
        ),
    )
    const codes = await Promise.all(guesses)
    assert.equal(codes.filter((code) => code === 'otp_invalid').length, 5)
    assert.equal(codes.filter((code) => code === 'otp_locked').length, 45)
    assert.equal(await attempted('otp'), 5)
    assert.equal(await attempted('pin'), 0)
  })

  it('never evaluates a PIN unless the code is right, and locks each by itself', async () => {
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    for (let i = 0; i < 3; i++)
      await refused(sam, 'otp_invalid', () =>
        sam.ssa.call('authorize', authorization(signer, hashes, { otp: wrongCode(otp), pin: WRONG_PIN })),
      )
    assert.deepEqual([await attempts('otp'), await attempts('pin')], [3, 0])
    assert.equal(await attempted('pin'), 0)
  })

  it('sets no counter back before everything is right', async () => {
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    const wrongPin = authorization(signer, hashes, { otp, pin: WRONG_PIN })
    for (let i = 0; i < 2; i++) await refused(sam, 'pin_invalid', () => sam.ssa.call('authorize', wrongPin))
    assert.deepEqual([await attempts('otp'), await attempts('pin')], [2, 2])
    // The code was not used up: the signer mistyped the PIN.
    await sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin: signer.pin }))
    assert.deepEqual([await attempts('otp'), await attempts('pin')], [0, 0])
  })

  it('locks the PIN after five wrong ones, for every credential of the signer', async () => {
    const other = await makeSigner(sam, { signer, policy: 'totp-pin' })
    for (let i = 0; i < 5; i++) {
      const hashes = newHashes(1)
      const otp = await sentCode(sam, signer, hashes)
      await refused(sam, 'pin_invalid', () =>
        sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin: WRONG_PIN })),
      )
    }
    assert.equal((await states())['pin'], 'LOCKED')
    await refused(sam, 'pin_locked', () =>
      sam.ssa.call('authorize', authorization(other, newHashes(1), { totp: totpOf(other), pin: other.pin })),
    )
    await unlock('pin')
    await unlock('totp')
    await sam.ssa.call(
      'authorize',
      authorization(other, newHashes(1), { totp: totpOf(other), pin: other.pin }),
    )
  })

  it('unlocks only a factor of the signer that is named', async () => {
    const other = await makeSigner(sam)
    await refused(sam, 'factor_unknown', () =>
      sam.ra.call('unlockFactor', {
        requestId: newRequestId(),
        signerId: other.signerId,
        factorId: `pin.${signer.signerId}`,
        reason: 'test',
      }),
    )
  })

  it('demands every factor of the credential and takes no other', async () => {
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    const { pin } = signer
    const totp = totpOf(signer)
    for (const [given, code] of [
      [{}, 'otp_missing'],
      [{ pin }, 'otp_missing'],
      [{ totp, pin }, 'otp_missing'],
      [{ otp }, 'pin_missing'],
      [{ otp, pin, totp }, 'factor_unexpected'],
    ] as const)
      await refused(sam, code, () => sam.ssa.call('authorize', authorization(signer, hashes, given)))
    assert.deepEqual([await attempts('otp'), await attempts('pin'), await attempts('totp')], [0, 0, 0])
    const otpOnly = await makeSigner(sam, { signer })
    await refused(sam, 'factor_unexpected', () =>
      sam.ssa.call('authorize', authorization(otpOnly, hashes, { otp, pin })),
    )
    const withTotp = await makeSigner(sam, { signer, policy: 'totp' })
    await refused(sam, 'otp_missing', () =>
      sam.ssa.call('authorize', authorization(withTotp, hashes, { otp })),
    )
    await refused(sam, 'otp_not_sendable', () => sentCode(sam, withTotp, hashes))
  })

  it('counts nothing for a request that is refused for another reason', async () => {
    const hashes = newHashes(1)
    await sam.ssa.call('suspend', {
      requestId: newRequestId(),
      signerId: signer.signerId,
      clientId: signer.clientId,
      credentialId: signer.credentialId,
      reason: 'test',
    })
    await refused(sam, 'credential_disabled', () =>
      sam.ssa.call('authorize', authorization(signer, hashes, { otp: '12345678', pin: WRONG_PIN })),
    )
    assert.deepEqual([await attempts('otp'), await attempts('pin')], [0, 0])
  })

  it('keeps PIN, codes and secrets out of database and journal (O09)', async () => {
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    const { sad } = await sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin: signer.pin }))
    await sam.ssa.call('sign', signing(signer, sad, hashes))
    const secret = new URL(signer.otpauthUri).searchParams.get('secret') ?? ''
    const contents = await sam.database.contents()
    assert.ok(contents.includes(signer.credentialId))
    for (const value of [otp, signer.pin, WRONG_PIN, secret]) assert.ok(!contents.includes(value))
  })

  it('shows that a plain code serves a lying SSA, and that ledger and journal say so', async () => {
    const honest = await makeSigner(sam)
    // The signer asks for a code to sign one document; the SSA, which the code passes through, has a list of its own.
    const otp = await sentCode(sam, honest)
    const message = (await sam.outbox()).at(-1)?.text ?? ''
    assert.match(message, /did not say what will be signed/)
    const evil = newHashes(3)
    const request = authorization(honest, evil, { otp })
    const { sad, grade } = await sam.ssa.call('authorize', request)
    const { signatures } = await sam.ssa.call('sign', signing(honest, sad, evil))
    assert.equal(signatures.length, 3)
    assert.equal(grade, 'plain-otp')
    const [act] = (await journalOf(sam, 'AUTHORIZED')).filter(
      ({ requestId }) => requestId === request.requestId,
    )
    assert.equal(act?.['grade'], 'plain-otp')
    const row: { body: string } | undefined = await sam.deps.database
      .read('activation')
      .where({ id: String(act['activationId']) })
      .first('body')
    assert.match(row?.body ?? '', /"grade":"plain-otp"/)
    const [intent] = (await journalOf(sam, 'SIGNING')).filter(
      ({ activationId }) => activationId === act['activationId'],
    )
    assert.equal(intent?.['grade'], 'plain-otp')
  })

  it('refuses a plain code where a bound one is the least', async () => {
    const strict = await makeSigner(sam, { policy: 'bound-otp' })
    const hashes = newHashes(1)
    const plain = await sentCode(sam, strict)
    await refused(sam, 'grade_too_low', () =>
      sam.ssa.call('authorize', authorization(strict, hashes, { otp: plain })),
    )
    assert.equal((await authorized(sam, strict, hashes)).grade, 'bound-otp')
  })
})
