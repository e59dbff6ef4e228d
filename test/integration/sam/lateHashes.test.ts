import assert from 'node:assert/strict'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import {
  authorization,
  callerOf,
  eventsOf,
  journalOf,
  newHashes,
  refused,
  sentCode,
  signing,
  totpOf,
} from '../../support/samActs.ts'

describe('SAM: a credential whose hashes may come late (activation.md §1.4)', () => {
  let sam: TestSam
  let signer: TestSigner
  before(async () => {
    sam = await buildSam()
    signer = await makeSigner(sam, { policy: 'late-otp' })
  })
  after(() => sam.dispose())

  const late = (numberOfSignatures: number): { numberOfSignatures: number; hashes: undefined } => ({
    numberOfSignatures,
    hashes: undefined,
  })
  const act = async (count: number, by = signer): Promise<{ sad: string; grade: string }> => {
    const otp = await sentCode(sam, by)
    return sam.ssa.call('authorize', authorization(by, [], { otp, ...late(count) }))
  }

  it('signs what it is given afterwards, as often as was authorized, and the record says plain-otp', async () => {
    const request = authorization(signer, [], { otp: await sentCode(sam, signer), ...late(2) })
    const { sad, grade } = await sam.ssa.call('authorize', request)
    assert.equal(grade, 'plain-otp')
    const message = (await sam.outbox()).at(-1)?.text ?? ''
    assert.match(message, /Documents not yet known: it allows up to 3 signatures of documents/)
    const [event] = (await eventsOf(sam, request.requestId)).filter(({ type }) => type === 'AUTHORIZED')
    assert.deepEqual(
      [event?.['grade'], event?.['hashAlgorithm'], event?.['numberOfSignatures'], event?.['hashes']],
      ['plain-otp', 'any', 2, undefined],
    )
    await refused(sam, 'hash_not_authorized', () => sam.ssa.call('sign', signing(signer, sad, newHashes(3))))
    await sam.ssa.call('sign', signing(signer, sad, newHashes(1)))
    await sam.ssa.call('sign', signing(signer, sad, newHashes(1)))
    await refused(sam, 'sad_invalid', () => sam.ssa.call('sign', signing(signer, sad, newHashes(1))))
    assert.equal((await journalOf(sam, 'SIGNING')).at(-1)?.['grade'], 'plain-otp')
  })

  it('is plain-otp also with an authenticator and a PIN', async () => {
    const strong = await makeSigner(sam, { policy: 'late-totp-pin' })
    const given = { totp: totpOf(strong), pin: strong.pin, ...late(1) }
    const { grade } = await sam.ssa.call('authorize', authorization(strong, [], given))
    assert.equal(grade, 'plain-otp')
  })

  it('says of itself that it may', async () => {
    const policyOf = async ({ signerId, credentialId }: TestSigner): Promise<unknown> => {
      const request = { requestId: newRequestId(), signerId, credentialId }
      return (await sam.ssa.call('credentials', request)).credentials[0]?.policy
    }
    assert.deepEqual(await policyOf(signer), {
      scal: '2',
      multisign: 3,
      factors: { name: 'otp' },
      minimumGrade: 'plain-otp',
      lateHashes: true,
      signs: 'both',
    })
  })

  it('keeps to multisign', async () => {
    const otp = await sentCode(sam, signer)
    await refused(sam, 'number_of_signatures_too_high', () =>
      sam.ssa.call('authorize', authorization(signer, [], { otp, ...late(4) })),
    )
  })

  it('is no credential without the switch', async () => {
    const strict = await makeSigner(sam, { signer, policy: 'otp' })
    const otp = await sentCode(sam, strict)
    await refused(sam, 'hashes_missing', () =>
      sam.ssa.call('authorize', authorization(strict, [], { otp, ...late(1) })),
    )
  })

  it('takes no code of which the message said less', async () => {
    const strict = await makeSigner(sam, { signer, policy: 'otp' })
    const plain = await sentCode(sam, strict)
    await refused(sam, 'otp_invalid', () =>
      sam.ssa.call('authorize', authorization(signer, [], { otp: plain, ...late(1) })),
    )
    const bound = await sentCode(sam, signer, newHashes(1))
    await refused(sam, 'otp_invalid', () =>
      sam.ssa.call('authorize', authorization(signer, [], { otp: bound, ...late(1) })),
    )
  })

  it('gives no code that another credential takes', async () => {
    const strict = await makeSigner(sam, { signer, policy: 'otp' })
    const otp = await sentCode(sam, signer)
    await refused(sam, 'otp_invalid', () =>
      sam.ssa.call('authorize', authorization(strict, newHashes(1), { otp })),
    )
  })

  it('takes hashes as any other does, with a code for them or a plain one', async () => {
    const hashes = newHashes(1)
    const bound = await sentCode(sam, signer, hashes)
    const first = await sam.ssa.call('authorize', authorization(signer, hashes, { otp: bound }))
    assert.equal(first.grade, 'bound-otp')
    const plain = await sentCode(sam, signer)
    const second = await sam.ssa.call('authorize', authorization(signer, hashes, { otp: plain }))
    assert.equal(second.grade, 'plain-otp')
    await refused(sam, 'hash_not_authorized', () =>
      sam.ssa.call('sign', signing(signer, second.sad, newHashes(1))),
    )
  })

  it('is extended with hashes or without, and never for more than was authorized', async () => {
    const { sad } = await act(2)
    const extend = (from: string, hashes: readonly Buffer[] | undefined): Promise<{ sad: string }> =>
      sam.ssa.call('extend', { ...callerOf(signer), familyId: signer.familyId, sad: from, hashes })
    const again = await extend(sad, undefined)
    await sam.ssa.call('sign', signing(signer, again.sad, newHashes(1)))
    await refused(sam, 'hash_not_authorized', () => extend(again.sad, newHashes(2)))
    const last = await extend(again.sad, newHashes(1))
    await sam.ssa.call('sign', signing(signer, last.sad, newHashes(1)))
    await refused(sam, 'sad_invalid', () => extend(last.sad, newHashes(1)))
  })
})
