import assert from 'node:assert/strict'
import { createPublicKey, verify, createHash, randomBytes } from 'node:crypto'
import { makeSigner, newRequestId, type TestSam } from '../../support/buildSam.ts'
import { buildFaultySam, type FaultySam } from '../../support/faultySam.ts'
import { authorization, authorized, journalOf, newHashes, sentCode, signing } from '../../support/samActs.ts'

const DEVICE_ERROR = 0x30
const CKR_RANDOM_NO_RNG = 0x121
const CKM_ECDSA = 0x1041
const CKM_RSA_PKCS = 0x0001
const RSA_SHA256 = '1.2.840.113549.1.1.11'

describe('SAM over an HSM with faults', () => {
  let faulty: FaultySam
  let sam: TestSam
  before(async () => {
    faulty = await buildFaultySam()
    sam = faulty.sam
  })
  afterEach(() => {
    faulty.fault.clear()
  })
  after(() => faulty.dispose())

  const stateOf = async (credentialId: string, signerId: string): Promise<string | undefined> => {
    const { credentials } = await sam.ssa.call('credentials', {
      requestId: newRequestId(),
      signerId,
      credentialId,
    })
    return credentials[0]?.state
  }

  for (const [fault, keyType, signAlgorithm] of [
    ['flip', 'p-256', '1.2.840.10045.4.3.2'],
    ['flip', 'rsa-3072', RSA_SHA256],
    ['truncate', 'rsa-3072', RSA_SHA256],
  ] as const)
    it(`never lets a wrong signature out, and puts the key in quarantine: ${fault}, ${keyType} (H16)`, async () => {
      const signer = await makeSigner(sam, { keyType })
      const other = await authorized(sam, signer, newHashes(1))
      const hashes = newHashes(1)
      const { sad } = await authorized(sam, signer, hashes)
      // MACs are C_Sign calls as well: a flipped one would not be a wrong signature but a wrong record.
      const mechanism = keyType === 'p-256' ? CKM_ECDSA : CKM_RSA_PKCS
      const before = faulty.fault.countSigning(mechanism)
      const restore = breakSignatures(sam, fault)
      const request = signing(signer, sad, hashes, { signAlgorithm })
      await assert.rejects(sam.ssa.call('sign', request), { code: 'unavailable' })
      restore()

      // With the P-256 key, one more: the checkpoint that follows the quarantine.
      assert.equal(faulty.fault.countSigning(mechanism), before + (keyType === 'p-256' ? 2 : 1))
      assert.equal(await stateOf(signer.credentialId, signer.signerId), 'SUSPENDED')
      const events = await journalOf(sam, 'SIGNATURE_WRONG')
      assert.equal(events.at(-1)?.['credentialId'], signer.credentialId)
      await assert.rejects(sam.ssa.call('sign', signing(signer, other.sad, newHashes(1))), {
        code: 'credential_disabled',
      })
      // The registration officer may let it sign again; the hashes stay spent.
      await sam.ra.call('resume', {
        requestId: newRequestId(),
        credentialId: signer.credentialId,
        reason: 'checked',
      })
      await assert.rejects(sam.ssa.call('sign', request), { code: 'sad_invalid' })
    })

  for (const fault of ['flip', 'truncate'] as const)
    it(`takes what the module itself answered for wrong: ${fault} (H16)`, async () => {
      const signer = await makeSigner(sam)
      const hashes = newHashes(1)
      const { sad } = await authorized(sam, signer, hashes)
      // The ledger's row is remembered and needs no MAC: the first C_Sign of the request is the signature.
      faulty.fault.set({ call: 'C_Sign', fault, first: 1, last: 1 })
      await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'unavailable' })
      faulty.fault.clear()
      assert.equal(await stateOf(signer.credentialId, signer.signerId), 'SUSPENDED')
      const { credentialId, outcome } = (await journalOf(sam, 'SIGNATURE_WRONG')).at(-1) ?? {}
      assert.deepEqual([credentialId, outcome], [signer.credentialId, 'wrong'])
      assert.equal(sam.deps.state.name(), 'OPERATIONAL')
    })

  it('signs no further hash of a batch once the SAM is LOCKED', async () => {
    const signer = await makeSigner(sam)
    const hashes = newHashes(20)
    const { sad } = await authorized(sam, signer, hashes)
    let made = 0
    const restore = replaceSign(sam, (signature) => {
      if (++made === 5) sam.deps.state.lock('found by a test')
      return signature
    })
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'unavailable' })
    restore()
    sam.deps.state.unlock()
    assert.ok(made <= 6, 'one more may have been at the HSM')
    assert.equal((await journalOf(sam, 'SIGNING_FAILED')).at(-1)?.['outcome'], 'stopped')
  })

  it('gives the hashes back when no signing call was made, and the same SAD works later', async () => {
    const signer = await makeSigner(sam)
    const message = randomBytes(50)
    const hashes = [createHash('sha256').update(message).digest()]
    const { sad } = await authorized(sam, signer, hashes)
    faulty.fault.set({ call: 'C_UnwrapKey', fault: `error=${DEVICE_ERROR}` })
    const request = signing(signer, sad, hashes)
    await assert.rejects(sam.ssa.call('sign', request), { code: 'unavailable' })
    assert.equal((await journalOf(sam, 'SIGNING_RELEASED')).at(-1)?.['outcome'], 'untouched')
    assert.equal(sam.deps.state.name(), 'DEGRADED')
    await assert.rejects(sam.ssa.call('sign', request), { code: 'unavailable' })

    faulty.fault.clear()
    assert.equal((await sam.ssa.call('status', { requestId: newRequestId() })).state, 'OPERATIONAL')
    const { signatures } = await sam.ssa.call('sign', signing(signer, sad, hashes))
    const key = createPublicKey({ key: signer.publicKey, format: 'der', type: 'spki' })
    assert.ok(verify('sha256', message, key, signatures[0] ?? Buffer.alloc(0)))
  })

  it('keeps the hashes of a batch spent that failed half way, and returns no signature', async () => {
    const signer = await makeSigner(sam)
    const hashes = newHashes(6)
    const { sad } = await authorized(sam, signer, hashes)
    const before = faulty.fault.countSigning(CKM_ECDSA)
    const restore = failSigningAfter(sam, 3)
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'unavailable' })
    restore()
    faulty.fault.clear()
    assert.ok(faulty.fault.countSigning(CKM_ECDSA) - before >= 3)
    assert.equal((await journalOf(sam, 'SIGNING_FAILED')).at(-1)?.['outcome'], 'failed')
    await sam.ssa.call('status', { requestId: newRequestId() })
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'sad_invalid' })
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes.slice(5))), { code: 'sad_invalid' })
  })

  it('says that it is DEGRADED while the token does not answer, and signs again after', async () => {
    const signer = await makeSigner(sam)
    faulty.fault.set(
      { call: 'C_GetSessionInfo', fault: `error=${DEVICE_ERROR}` },
      { call: 'C_GetTokenInfo', fault: `error=${DEVICE_ERROR}` },
      { call: 'C_OpenSession', fault: `error=${DEVICE_ERROR}` },
      { call: 'C_Sign', fault: `error=${DEVICE_ERROR}` },
    )
    const status = await sam.ssa.call('status', { requestId: newRequestId() })
    assert.deepEqual({ state: status.state, hsm: status.hsm }, { state: 'DEGRADED', hsm: false })
    faulty.fault.clear()
    assert.equal((await sam.ssa.call('status', { requestId: newRequestId() })).state, 'OPERATIONAL')
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    assert.equal((await sam.ssa.call('sign', signing(signer, sad, hashes))).signatures.length, 1)
  })

  it('does not start without randomness (F14)', async () => {
    await sam.stop()
    faulty.fault.set({ call: 'C_GenerateRandom', fault: `error=${CKR_RANDOM_NO_RNG}` })
    await assert.rejects(sam.start())
    faulty.fault.clear()
    await sam.start()
    assert.equal(sam.deps.state.name(), 'OPERATIONAL')
  })

  it('makes no code, SAD or key when the randomness ends (F14)', async () => {
    const signer = await makeSigner(sam)
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    const { length } = await sam.outbox()
    const acts = (await journalOf(sam, 'AUTHORIZED')).length
    const { signerId } = signer
    faulty.fault.set({ call: 'C_GenerateRandom', fault: `error=${CKR_RANDOM_NO_RNG}` })
    await assert.rejects(sentCode(sam, signer, hashes))
    await assert.rejects(sam.ssa.call('authorize', authorization(signer, hashes, { otp })))
    const requestId = newRequestId()
    await assert.rejects(sam.ra.call('generateKey', { requestId, signerId, keyType: 'p-256', policy: 'otp' }))
    faulty.fault.clear()
    assert.equal((await sam.outbox()).length, length)
    assert.equal((await journalOf(sam, 'AUTHORIZED')).length, acts)
  })

  /** Makes the real signature and spoils it on its way: only signing keys, so that MACs stay right. */
  function breakSignatures(target: TestSam, fault: 'flip' | 'truncate'): () => void {
    return replaceSign(target, (signature) => {
      if (fault === 'truncate') return signature.subarray(0, -1)
      const spoiled = Buffer.from(signature)
      spoiled[10] = (spoiled[10] ?? 0) ^ 1
      return spoiled
    })
  }

  function failSigningAfter(target: TestSam, calls: number): () => void {
    let made = 0
    return replaceSign(target, (signature) => {
      if (++made >= calls)
        faulty.fault.set({ call: 'C_Sign', fault: `error=${DEVICE_ERROR}`, first: 1, last: 2 })
      return signature
    })
  }

  function replaceSign(target: TestSam, after: (signature: Buffer) => Buffer): () => void {
    const { hsm } = target.deps
    const original = hsm.sign.bind(hsm)
    hsm.sign = async (...call) => after(await original(...call))
    return () => {
      hsm.sign = original
    }
  }
})
