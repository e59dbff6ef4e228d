import assert from 'node:assert/strict'
import { SAM_OPERATIONS, type SamRequest } from '../../sap/operations.ts'
import { rawSap } from '../support/rawSap.ts'
import { makeRoguePeer, type RoguePeer } from '../support/roguePeer.ts'
import { authorization, newHashes, signing, totpOf } from '../support/samActs.ts'
import { newRequestId, type TestSigner } from '../support/testSigner.ts'

/**
 * A program with the SSA's own certificate speaks to a SAM process and lies. docs/security-model.md: it gets no
 * signature without a fresh act of the signer, one list for one act, and never another list than a bound code names.
 */
describe('an SSA that lies to the SAM', () => {
  let rogue: RoguePeer
  let ada: TestSigner
  let bert: TestSigner
  before(async function () {
    this.timeout(60_000)
    rogue = await makeRoguePeer()
    ada = await rogue.makeSigner()
    bert = await rogue.makeSigner()
    await rogue.makeSigner({ clientId: 'other-app' })
  })
  after(() => rogue.dispose())

  const authorize = (
    signer: TestSigner,
    hashes: readonly Buffer[],
    changes: Parameters<typeof authorization>[2],
  ): Promise<unknown> => rogue.ssa.call('authorize', authorization(signer, hashes, changes))
  const sign = (
    signer: TestSigner,
    sad: string,
    hashes: readonly Buffer[],
    changes: Parameters<typeof signing>[3] = {},
  ): Promise<{ readonly signatures: readonly Buffer[] }> =>
    rogue.ssa.call('sign', signing(signer, sad, hashes, changes))
  /** An attack took nothing from the signer: what was authorized is still signed. */
  async function stillSigns(signer: TestSigner, sad: string, hashes: readonly Buffer[]): Promise<void> {
    assert.equal((await sign(signer, sad, hashes)).signatures.length, hashes.length)
  }

  it('cannot swap a hash after the signer authorized (S22)', async () => {
    const hashes = newHashes(2)
    const [first = Buffer.alloc(0), swapped = Buffer.alloc(0)] = [hashes[0], ...newHashes(1)]
    const { sad } = await rogue.authorized(ada, hashes)
    await rogue.gets('hash_not_authorized', () => sign(ada, sad, [first, swapped]))
    await rogue.gets('hash_not_authorized', () => sign(ada, sad, [...hashes, swapped]))
    assert.equal(rogue.signCalls(swapped), 0)
    await stillSigns(ada, sad, hashes)
  })

  it('cannot use a SAD again (S04)', async () => {
    const hashes = newHashes(1)
    const { sad } = await rogue.authorized(ada, hashes)
    await stillSigns(ada, sad, hashes)
    await rogue.gets('sad_invalid', () => sign(ada, sad, hashes))
    assert.equal(rogue.signCalls(hashes[0] ?? Buffer.alloc(0)), 1)
  })

  it("cannot use another signer's credential", async () => {
    const hashes = newHashes(1)
    const otp = await rogue.code(ada)
    const { credentialId } = bert
    const reason = await rogue.gets('credential_unknown', () => authorize(ada, hashes, { otp, credentialId }))
    assert.match(reason, /another signer/)
    const { sad } = await rogue.authorized(ada, hashes)
    await rogue.gets('sad_invalid', () => sign(bert, sad, hashes))
    await rogue.gets('credential_unknown', () => sign(ada, sad, hashes, { credentialId }))
    await rogue.gets('sad_invalid', () => sign(bert, sad, hashes, { credentialId: ada.credentialId }))
    await stillSigns(ada, sad, hashes)
  })

  it('cannot name another client for what was authorized', async () => {
    const hashes = newHashes(1)
    const other = { clientId: 'other-app' }
    const otp = await rogue.code(ada, hashes)
    await rogue.gets('otp_invalid', () => authorize(ada, hashes, { otp, ...other }))
    const { sad } = await rogue.authorized(ada, hashes)
    await rogue.gets('sad_invalid', () => sign(ada, sad, hashes, other))
    await rogue.gets('client_unknown', () => authorize(ada, hashes, { otp, clientId: 'nobody' }))
    await stillSigns(ada, sad, hashes)
  })

  it('cannot use a SAD in another login than the one it was made in', async () => {
    const hashes = newHashes(1)
    const { sad } = await rogue.authorized(ada, hashes)
    await rogue.gets('sad_invalid', () => sign(ada, sad, hashes, { familyId: 'fam-other' }))
    await rogue.gets('sad_invalid', () =>
      rogue.ssa.call('extend', extension(ada, sad, hashes, { familyId: 'fam-other' })),
    )
    await stillSigns(ada, sad, hashes)
  })

  it('cannot leave a factor out, or give another in its place', async () => {
    const signer = await rogue.makeSigner({ policy: 'otp-pin' })
    const hashes = newHashes(1)
    const otp = await rogue.code(signer, hashes)
    const { pin } = signer
    await rogue.gets('pin_missing', () => authorize(signer, hashes, { otp }))
    await rogue.gets('otp_missing', () => authorize(signer, hashes, { pin }))
    await rogue.gets('otp_missing', () => authorize(signer, hashes, { pin, totp: totpOf(signer) }))
    await rogue.gets('factor_unexpected', () => authorize(signer, hashes, { otp, pin, totp: totpOf(signer) }))
    await rogue.gets('pin_invalid', () => authorize(signer, hashes, { otp, pin: otp }))
  })

  it('cannot use a factor of another signer', async () => {
    const hashes = newHashes(1)
    const otp = await rogue.code(bert)
    await rogue.gets('otp_invalid', () => authorize(ada, hashes, { otp }))
    const app = await rogue.makeSigner({ policy: 'totp' })
    await rogue.gets('otp_invalid', () => authorize(app, hashes, { totp: totpOf(bert) }))
  })

  it('cannot act as registration officer, CA or security officer', async () => {
    const send = rawSap(rogue.site.socketPath, rogue.site.identities.ssa)
    const foreign = Object.entries(SAM_OPERATIONS).filter(([, { roles }]) => !isFor(roles, 'ssa'))
    assert.ok(foreign.length >= 14)
    const before = await rogue.journal('REFUSED')
    for (const [operation] of foreign) {
      const body = JSON.stringify({ requestId: newRequestId() })
      const { status, error } = await send({ path: `/sap/v1/${operation}`, body })
      assert.deepEqual([status, error], [403, 'forbidden'], operation)
    }
    const recorded = (await rogue.journal('REFUSED')).slice(before.length)
    assert.deepEqual(
      recorded.map((entry) => entry.text('operation')),
      foreign.map(([operation]) => operation),
    )
  })

  it('cannot redirect a code by giving itself a destination', async () => {
    const send = rawSap(rogue.site.socketPath, rogue.site.identities.ssa)
    const body = JSON.stringify({
      requestId: newRequestId(),
      signerId: ada.signerId,
      channel: 'file',
      destination: 'thief@example.org',
    })
    assert.equal((await send({ path: '/sap/v1/setOtpDestination', body })).status, 403)
    await rogue.code(ada)
    assert.equal((await rogue.site.outbox()).at(-1)?.to, `${ada.signerId}@example.org`)
  })

  it('cannot add hashes by extending', async () => {
    const hashes = newHashes(1)
    const { sad } = await rogue.authorized(ada, hashes)
    const more = [...hashes, ...newHashes(1)]
    await rogue.gets('hash_not_authorized', () => rogue.ssa.call('extend', extension(ada, sad, more)))
    const extended = await rogue.ssa.call('extend', extension(ada, sad, hashes))
    await rogue.gets('hash_not_authorized', () => sign(ada, extended.sad, more))
    await rogue.gets('sad_invalid', () => sign(ada, sad, hashes))
    await stillSigns(ada, extended.sad, hashes)
  })

  it('cannot use a code twice', async () => {
    const hashes = newHashes(1)
    const otp = await rogue.code(ada)
    await authorize(ada, hashes, { otp })
    await rogue.gets('otp_invalid', () => authorize(ada, newHashes(1), { otp }))
  })

  it('cannot use a bound code for another list (O05)', async () => {
    const signer = await rogue.makeSigner()
    const hashes = newHashes(2)
    const otp = await rogue.code(signer, hashes)
    const lists = [newHashes(2), hashes.slice(0, 1), [...hashes, ...newHashes(1)]]
    for (const list of lists) {
      const reason = await rogue.gets('otp_invalid', () => authorize(signer, list, { otp }))
      assert.match(reason, /another list/)
    }
    // The order is no part of a list; and three refusals have not locked the signer out.
    const { sad } = await rogue.ssa.call('authorize', authorization(signer, hashes.toReversed(), { otp }))
    await stillSigns(signer, sad, hashes)
  })

  it('cannot widen the number of signatures', async () => {
    const hashes = newHashes(1)
    const otp = await rogue.code(ada, hashes)
    await rogue.gets('hash_count_mismatch', () => authorize(ada, hashes, { otp, numberOfSignatures: 2 }))
    await rogue.gets('number_of_signatures_too_high', () =>
      authorize(ada, hashes, { otp, numberOfSignatures: 201 }),
    )
    const late = await rogue.makeSigner({ policy: 'scal1-otp' })
    const plain = await rogue.code(late)
    const { hashes: _none, ...without } = authorization(late, newHashes(2), { otp: plain })
    const { sad } = await rogue.ssa.call('authorize', without)
    await rogue.gets('hash_not_authorized', () => sign(late, sad, newHashes(3)))
  })

  it('can use a plain code for a list of its own, and the record says plain-otp', async () => {
    // The signer wants one document signed, and gives the code that came. Nothing in it says for what.
    const otp = await rogue.code(ada)
    const evil = newHashes(3)
    const { sad, grade } = await rogue.ssa.call('authorize', authorization(ada, evil, { otp }))
    assert.equal((await sign(ada, sad, evil)).signatures.length, 3)
    assert.equal(grade, 'plain-otp')
    const [act] = (await rogue.journal('AUTHORIZED')).slice(-1)
    const [intent] = (await rogue.journal('SIGNING')).slice(-1)
    assert.equal(act?.text('grade'), 'plain-otp')
    assert.equal(intent?.text('grade'), 'plain-otp')
    assert.equal(intent.text('activationId'), act.text('activationId'))
    assert.deepEqual(
      act.texts('hashes'),
      evil.map((hash) => hash.toString('hex')),
    )
    // And that was the one list: the signer's own document needs another act.
    await rogue.gets('otp_invalid', () => authorize(ada, newHashes(1), { otp }))
  })
})

function extension(
  signer: TestSigner,
  sad: string,
  hashes: readonly Buffer[],
  changes: { readonly familyId?: string } = {},
): SamRequest<'extend'> {
  const { signAlgorithm: _algorithm, ...request } = signing(signer, sad, hashes, changes)
  return request
}

const isFor = (roles: readonly string[], role: string): boolean => roles.includes(role)
