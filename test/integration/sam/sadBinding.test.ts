import assert from 'node:assert/strict'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import {
  authorization,
  authorized,
  callerOf,
  eventsOf,
  journalOf,
  newHashes,
  refused,
  sentCode,
  signing,
} from '../../support/samActs.ts'

describe('SAP sign: a SAD is good for its own act only', () => {
  let sam: TestSam
  let ada: TestSigner
  let adaToo: TestSigner
  let bert: TestSigner
  before(async () => {
    sam = await buildSam()
    ada = await makeSigner(sam)
    adaToo = await makeSigner(sam, { signer: ada })
    bert = await makeSigner(sam)
    await makeSigner(sam, { clientId: 'other-app' })
  })
  after(() => sam.dispose())

  /** The SAD still signs: whatever was tried before took nothing from it. */
  async function stillSigns(sad: string, hashes: readonly Buffer[]): Promise<void> {
    const { signatures } = await sam.ssa.call('sign', signing(ada, sad, hashes))
    assert.equal(signatures.length, hashes.length)
  }

  it("refuses another signer's SAD, and leaves it usable (S01)", async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, ada, hashes)
    const { reason } = await refused(sam, 'sad_invalid', () =>
      sam.ssa.call('sign', signing(bert, sad, hashes)),
    )
    assert.match(String(reason), /^the SAD of activation act-\w+ was used with another signer$/)
    await refused(sam, 'sad_invalid', () =>
      sam.ssa.call('sign', signing(bert, sad, hashes, { credentialId: ada.credentialId })),
    )
    await stillSigns(sad, hashes)
  })

  it('refuses a SAD with another credential of the same signer, and leaves it usable (S02)', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, ada, hashes)
    const { reason } = await refused(sam, 'sad_invalid', () =>
      sam.ssa.call('sign', signing(adaToo, sad, hashes)),
    )
    assert.match(String(reason), /another credential$/)
    await stillSigns(sad, hashes)
  })

  it('answers for a foreign credential as for one that does not exist (I01)', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, ada, hashes)
    for (const credentialId of [bert.credentialId, 'cred-none', '../cred', "x' OR '1'='1"])
      await refused(sam, 'credential_unknown', () =>
        sam.ssa.call('sign', signing(ada, sad, hashes, { credentialId })),
      )
    await stillSigns(sad, hashes)
  })

  it('answers for a foreign credential as for one that does not exist, in every operation (I01)', async () => {
    const hashes = newHashes(1)
    for (const credentialId of [bert.credentialId, 'cred-none']) {
      const caller = { ...callerOf(ada), credentialId }
      await refused(sam, 'credential_unknown', () => sam.ssa.call('sendOtp', caller))
      await refused(sam, 'credential_unknown', () =>
        sam.ssa.call('authorize', authorization(ada, hashes, { credentialId, otp: '00000000' })),
      )
      await refused(sam, 'credential_unknown', () =>
        sam.ssa.call('suspend', { ...caller, reason: 'not mine' }),
      )
      const { signerId } = ada
      const answer = await sam.ssa.call('credentials', { requestId: newRequestId(), signerId, credentialId })
      assert.deepEqual(answer, { credentials: [] })
    }
    const own = await sam.ssa.call('credentials', { requestId: newRequestId(), signerId: ada.signerId })
    assert.deepEqual(
      own.credentials.map(({ credentialId }) => credentialId),
      [ada.credentialId, adaToo.credentialId].sort(),
    )
    const [bertsKey] = (
      await sam.ssa.call('credentials', { requestId: newRequestId(), signerId: bert.signerId })
    ).credentials
    assert.equal(bertsKey?.state, 'ACTIVE')
  })

  it('refuses a SAD from another client, and leaves it usable (S03)', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, ada, hashes)
    const { reason } = await refused(sam, 'sad_invalid', () =>
      sam.ssa.call('sign', signing(ada, sad, hashes, { clientId: 'other-app' })),
    )
    assert.match(String(reason), /another client$/)
    await stillSigns(sad, hashes)
  })

  it('refuses a SAD from another login, and leaves it usable', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, ada, hashes)
    const { reason } = await refused(sam, 'sad_invalid', () =>
      sam.ssa.call('sign', signing(ada, sad, hashes, { familyId: 'fam-other' })),
    )
    assert.match(String(reason), /another login$/)
    await stillSigns(sad, hashes)
  })

  it('never makes a SAD without hashes for SCAL 2 (S06)', async () => {
    const otp = await sentCode(sam, ada)
    const { hashes: _hashes, ...rest } = authorization(ada, newHashes(1), { otp })
    await refused(sam, 'hashes_missing', () => sam.ssa.call('authorize', rest))
  })

  it('refuses a hash that the SAD does not authorize (S07, S22)', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, ada, hashes)
    await refused(sam, 'hash_not_authorized', () => sam.ssa.call('sign', signing(ada, sad, newHashes(1))))
    const flipped = Buffer.from(hashes[0] ?? '')
    flipped.writeUInt8(flipped.readUInt8(31) ^ 1, 31)
    await refused(sam, 'hash_not_authorized', () => sam.ssa.call('sign', signing(ada, sad, [flipped])))
    await stillSigns(sad, hashes)
  })

  it('refuses a SAD for an empty-looking hash that was never authorized', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, ada, hashes)
    await refused(sam, 'hash_not_authorized', () =>
      sam.ssa.call('sign', signing(ada, sad, [Buffer.alloc(32)])),
    )
    await stillSigns(sad, hashes)
  })

  it('signs a part of the list, later the rest, each occurrence once (S08)', async () => {
    const [first, second, third] = newHashes(3)
    assert.ok(first && second && third)
    const { sad } = await authorized(sam, ada, [first, second, third])
    await stillSigns(sad, [second])
    await refused(sam, 'hash_not_authorized', () => sam.ssa.call('sign', signing(ada, sad, [second])))
    await refused(sam, 'hash_not_authorized', () => sam.ssa.call('sign', signing(ada, sad, [first, second])))
    await stillSigns(sad, [third, first])
    await refused(sam, 'sad_invalid', () => sam.ssa.call('sign', signing(ada, sad, [first])))
  })

  it('refuses a hash twice that was authorized once, and signs it twice if authorized twice (S09)', async () => {
    const [hash] = newHashes(1)
    assert.ok(hash)
    const once = await authorized(sam, ada, [hash])
    await refused(sam, 'hash_not_authorized', () =>
      sam.ssa.call('sign', signing(ada, once.sad, [hash, hash])),
    )
    await stillSigns(once.sad, [hash])
    const twice = await authorized(sam, ada, [hash, hash])
    await stillSigns(twice.sad, [hash])
    await stillSigns(twice.sad, [hash])
    await refused(sam, 'sad_invalid', () => sam.ssa.call('sign', signing(ada, twice.sad, [hash])))
  })

  for (const [numberOfSignatures, code] of [
    [0, 'number_of_signatures_invalid'],
    [-1, 'number_of_signatures_invalid'],
    [-(2 ** 31), 'number_of_signatures_invalid'],
    [1, 'hash_count_mismatch'],
    [3, 'hash_count_mismatch'],
    [201, 'number_of_signatures_too_high'],
    [2 ** 31, 'number_of_signatures_too_high'],
  ] as const)
    it(`refuses ${numberOfSignatures} signatures for two hashes, at most 200 (S11)`, async () => {
      const hashes = newHashes(2)
      const otp = await sentCode(sam, ada, hashes)
      await refused(sam, code, () =>
        sam.ssa.call('authorize', authorization(ada, hashes, { otp, numberOfSignatures })),
      )
    })

  it('refuses to send a code for more hashes than the credential signs at once', async () => {
    await refused(sam, 'number_of_signatures_too_high', () => sentCode(sam, ada, newHashes(201)))
  })

  it('refuses 200 hashes of which one is not authorized, wherever it stands (S13)', async () => {
    const hashes = newHashes(200)
    const { sad } = await authorized(sam, ada, hashes)
    for (const at of [0, 100, 199]) {
      const mixed = hashes.with(at, newHashes(1)[0] ?? Buffer.alloc(32))
      await refused(sam, 'hash_not_authorized', () => sam.ssa.call('sign', signing(ada, sad, mixed)))
    }
    await refused(sam, 'hash_not_authorized', () =>
      sam.ssa.call('sign', signing(ada, sad, [...hashes, ...newHashes(1)])),
    )
    await stillSigns(sad, hashes)
  })

  it('refuses a SAD that is not to the bit the one it made (S15)', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, ada, hashes)
    const last = sad.slice(-1) === 'A' ? 'B' : 'A'
    const lookAlikes = [
      '',
      sad.slice(0, -1),
      sad.slice(1),
      `${sad.slice(0, -1)}${last}`,
      `${sad}A`,
      `${sad}=`,
      ` ${sad}`,
      sad.toUpperCase(),
      sad.replace(/[A-Za-z]/, (letter) => String.fromCodePoint(letter.charCodeAt(0) + 0xfee0)),
      sad.replaceAll('-', '+').replaceAll('_', '/').replace(/^(.)/, '$1\u200b'),
      'x'.repeat(1024),
      "' OR 1=1 --",
    ]
    for (const wrong of lookAlikes) {
      if (wrong === sad) continue
      const { reason } = await refused(sam, 'sad_invalid', () =>
        sam.ssa.call('sign', signing(ada, wrong, hashes)),
      )
      assert.equal(reason, 'no such SAD')
    }
    for (const long of ['x'.repeat(1025), 'x'.repeat(300_000)])
      await refused(sam, 'malformed', () => sam.ssa.call('sign', signing(ada, long, hashes)))
    await refused(sam, 'too_large', () => sam.ssa.call('sign', signing(ada, 'x'.repeat(2 ** 20), hashes)))
    await stillSigns(sad, hashes)
  })

  it('keeps no SAD: only its hash is in the ledger', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, ada, hashes)
    await stillSigns(sad, hashes)
    const contents = await sam.database.contents()
    assert.ok(contents.includes(ada.credentialId) && !contents.includes(sad))
  })

  it('ends one SAD, or all of a login, and only those', async () => {
    const lists = [newHashes(1), newHashes(1), newHashes(1)] as const
    const [one, two] = [await authorized(sam, ada, lists[0]), await authorized(sam, ada, lists[1])]
    const other = await authorized(sam, ada, lists[2], { familyId: 'fam-other' })
    const { familyId } = ada
    const requestId = newRequestId()
    const nobody = { requestId, familyId: 'fam-nobody' }
    assert.deepEqual(await sam.ssa.call('voidSad', { ...nobody, sad: one.sad }), { voided: 0 })
    assert.deepEqual(await sam.ssa.call('voidSad', nobody), { voided: 0 })
    assert.deepEqual(await sam.ssa.call('voidSad', { requestId, familyId, sad: one.sad }), { voided: 1 })
    await refused(sam, 'sad_invalid', () => sam.ssa.call('sign', signing(ada, one.sad, lists[0])))
    const all = newRequestId()
    assert.deepEqual(await sam.ssa.call('voidSad', { requestId: all, familyId }), { voided: 1 })
    assert.deepEqual(
      (await eventsOf(sam, all)).map(({ type, count }) => [type, count]),
      [['SAD_VOIDED', 1]],
    )
    await refused(sam, 'sad_invalid', () => sam.ssa.call('sign', signing(ada, two.sad, lists[1])))
    const { signatures } = await sam.ssa.call(
      'sign',
      signing(ada, other.sad, lists[2], { familyId: 'fam-other' }),
    )
    assert.equal(signatures.length, 1)
  })

  it('says in the journal what was authorized and signed, by whom, and at which grade', async () => {
    const hashes = newHashes(2)
    const otp = await sentCode(sam, ada, hashes)
    const request = authorization(ada, hashes, { otp })
    const { sad } = await sam.ssa.call('authorize', request)
    const use = signing(ada, sad, [...hashes].reverse())
    await sam.ssa.call('sign', use)
    const hex = hashes.map((hash) => hash.toString('hex'))
    const [, act] = await eventsOf(sam, request.requestId)
    assert.deepEqual(
      [act?.['type'], act?.['grade'], act?.['hashes'], act?.['clientId'], act?.['signerId']],
      ['AUTHORIZED', 'bound-otp', hex, ada.clientId, ada.signerId],
    )
    const [intent, outcome] = await eventsOf(sam, use.requestId)
    assert.deepEqual(
      [intent?.['type'], intent?.['hashes'], outcome?.['type'], outcome?.['outcome']],
      ['SIGNING', [...hex].reverse(), 'SIGNED', 'signed'],
    )
    assert.equal(intent?.['reservationId'], outcome?.['reservationId'])
    assert.equal((await journalOf(sam, 'SAM_LOCKED')).length, 0)
  })
})
