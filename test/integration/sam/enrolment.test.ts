import assert from 'node:assert/strict'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { buildFaultySam, type FaultySam } from '../../support/faultySam.ts'
import { authorization, newHashes, refused, sentCode, totpOf } from '../../support/samActs.ts'

describe('SAM: enrolment of factors', () => {
  let sam: TestSam
  let signer: TestSigner
  before(async () => {
    sam = await buildSam()
    signer = await makeSigner(sam)
  })
  after(() => sam.dispose())

  const person = async (): Promise<string> => {
    const subject = { requestId: newRequestId(), commonName: 'Bo Test', country: 'DK' }
    return (await sam.ra.call('createSigner', subject)).signerId
  }

  it('refuses weak PINs (O16)', async () => {
    const signerId = await person()
    const weak = [
      ...['1', '12345', '111111', '121212', '123456', '654321', 'abcdef', 'fedcba', '123123', 'aaaaab'],
      ...['k7pk7p', 'abcabc', 'with blank', 'ümlaut-9', '٠١٢٣٤٥', '2468ac'.slice(0, 5), 'x'.repeat(64)],
    ]
    for (const pin of weak)
      await refused(sam, 'pin_too_weak', () =>
        sam.ra.call('enrolPin', { requestId: newRequestId(), signerId, pin }),
      )
    for (const pin of ['', 'x'.repeat(129), 'k7-Pq2\n'])
      await refused(sam, 'malformed', () =>
        sam.ra.call('enrolPin', { requestId: newRequestId(), signerId, pin }),
      )
    await sam.ra.call('enrolPin', { requestId: newRequestId(), signerId, pin: 'k7-Pq2' })
  })

  it('replaces no factor: neither PIN, nor app, nor destination', async () => {
    const { signerId } = signer
    await refused(sam, 'factor_exists', () =>
      sam.ra.call('enrolPin', { requestId: newRequestId(), signerId, pin: 'n3w-Pin4' }),
    )
    await refused(sam, 'factor_exists', () =>
      sam.ra.call('enrolTotp', { requestId: newRequestId(), signerId }),
    )
    await refused(sam, 'factor_exists', () =>
      sam.ra.call('setOtpDestination', {
        requestId: newRequestId(),
        signerId,
        channel: 'file',
        destination: 'thief@example.org',
      }),
    )
    await sentCode(sam, signer)
    assert.equal((await sam.outbox()).at(-1)?.to, `${signerId}@example.org`)
  })

  it('refuses a channel that is not there, and a signer without a destination', async () => {
    const signerId = await person()
    for (const channel of ['smtp', 'webhook'] as const)
      await refused(sam, 'otp_not_sendable', () =>
        sam.ra.call('setOtpDestination', {
          requestId: newRequestId(),
          signerId,
          channel,
          destination: 'x@example.org',
        }),
      )
  })

  for (const [destination, code] of [
    ['ada at example.org', 'malformed'],
    ['ada@exämple.org', 'malformed'],
    ['ada@example.org\n', 'malformed'],
    ['', 'malformed'],
    ['a@b@c', 'otp_not_sendable'],
    ['ada@example.org,eve@example.org', 'otp_not_sendable'],
    ['https://example.org/', 'otp_not_sendable'],
  ] as const)
    it(`refuses ${JSON.stringify(destination)} as a destination: ${code}`, async () => {
      const { signerId } = await sam.ra.call('createSigner', {
        requestId: newRequestId(),
        commonName: 'Bo Test',
        country: 'DK',
      })
      const request = { requestId: newRequestId(), signerId, channel: 'file', destination } as const
      await assert.rejects(sam.ra.call('setOtpDestination', request), { code })
      const { factors } = await sam.ssa.call('factors', { requestId: newRequestId(), signerId })
      assert.deepEqual(factors, [])
    })

  it('shows of a destination only enough to recognise it', async () => {
    const { factors } = await sam.ssa.call('factors', {
      requestId: newRequestId(),
      signerId: signer.signerId,
    })
    assert.deepEqual(
      factors.map(({ kind, destination }) => [kind, destination]),
      [
        ['pin', ''],
        ['otp', 's***@example.org'],
        ['totp', ''],
      ],
    )
    assert.deepEqual(await sam.ssa.call('factors', { requestId: newRequestId(), signerId: 'sgn-none' }), {
      factors: [],
    })
  })
})

describe('SAM: an enrolment whose checkpoint the token does not take', () => {
  let faulty: FaultySam
  let sam: TestSam
  let signer: TestSigner
  before(async () => {
    faulty = await buildFaultySam()
    sam = faulty.sam
    signer = await makeSigner(sam, { policy: 'totp' })
  })
  afterEach(() => {
    faulty.fault.clear()
  })
  after(() => faulty.dispose())

  const person = async (): Promise<string> => {
    const subject = { requestId: newRequestId(), commonName: 'Bo Test', country: 'DK' }
    return (await sam.ra.call('createSigner', subject)).signerId
  }
  const factors = async (signerId: string): Promise<readonly unknown[]> =>
    (await sam.ssa.call('factors', { requestId: newRequestId(), signerId })).factors
  const enrol = (signerId: string): Promise<{ readonly otpauthUri: string }> =>
    sam.ra.call('enrolTotp', { requestId: newRequestId(), signerId })
  const fail = async (signerId: string): Promise<void> => {
    faulty.fault.set({ call: 'C_CreateObject', fault: 'error=48' })
    await assert.rejects(enrol(signerId), { code: 'unavailable' })
    faulty.fault.clear()
    await sam.ssa.call('status', { requestId: newRequestId() })
  }

  it('loses nothing: it does not work, and is enrolled anew', async () => {
    const signerId = await person()
    await fail(signerId)
    await fail(signerId)
    assert.deepEqual(await factors(signerId), [])
    await refused(sam, 'factor_unknown', () =>
      sam.ra.call('unlockFactor', {
        requestId: newRequestId(),
        signerId,
        factorId: `totp.${signerId}`,
        reason: 'test',
      }),
    )
    const { otpauthUri } = await enrol(signerId)
    const other = { ...signer, signerId, familyId: `fam-${signerId}`, otpauthUri }
    const owner = await makeSigner(sam, { signer: other, policy: 'totp' })
    await sam.ssa.call('authorize', authorization(owner, newHashes(1), { totp: totpOf(owner) }))
    await refused(sam, 'factor_exists', () => enrol(signerId))
  })

  it('loses nothing over a restart, with a checkpoint of its own, either', async () => {
    const signerId = await person()
    await fail(signerId)
    await sam.stop()
    await sam.start()
    await sam.deps.checkpointer.make()
    assert.deepEqual(await factors(signerId), [])
    await enrol(signerId)
    assert.equal((await factors(signerId)).length, 1)
  })

  it('takes one of two that enrol at the same time', async () => {
    const signerId = await person()
    const outcomes = await Promise.allSettled([enrol(signerId), enrol(signerId)])
    const won = outcomes.filter(({ status }) => status === 'fulfilled')
    assert.equal(won.length, 1)
    assert.equal((await factors(signerId)).length, 1)
  })
})
