import assert from 'node:assert/strict'
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { DIGESTS } from '../../../sap/algorithms.ts'
import { fingerprint } from '../../../sap/fingerprint.ts'
import { buildSam, makeSigner, newRequestId, type TestSam } from '../../support/buildSam.ts'

const ECDSA_SHA256 = '1.2.840.10045.4.3.2'
const RSA_SHA256 = '1.2.840.113549.1.1.11'

describe('SAP authorize and sign', function () {
  // An RSA 4096 key is found in one second, or in thirty.
  this.timeout(120_000)
  let sam: TestSam
  before(async () => {
    sam = await buildSam()
  })
  after(() => sam.dispose())

  for (const [keyType, algorithm] of [
    ['p-256', ECDSA_SHA256],
    ['p-384', ECDSA_SHA256],
    ['rsa-3072', RSA_SHA256],
    ['rsa-4096', RSA_SHA256],
  ] as const)
    it(`makes one good signature for one bound OTP: ${keyType}`, async () => {
      const signer = await makeSigner(sam, { keyType })
      const { signerId, clientId, credentialId, familyId } = signer
      const message = randomBytes(100)
      const hashes = [createHash('sha256').update(message).digest()]
      const nonce = randomBytes(16)
      const caller = { requestId: newRequestId(), signerId, clientId, credentialId }
      await sam.ssa.call('sendOtp', { ...caller, binding: { hashes, nonce, label: 'contract.pdf' } })
      const delivered = (await sam.outbox()).at(-1)
      const shown = fingerprint({ nonce, credentialId, hashAlgorithm: DIGESTS.sha256.oid, hashes })
      assert.match(delivered?.text ?? '', new RegExp(`Fingerprint: ${shown}`))

      const otp = await sam.lastCode()
      const authorized = await sam.ssa.call('authorize', {
        ...caller,
        familyId,
        numberOfSignatures: 1,
        hashes,
        otp,
      })
      assert.equal(authorized.grade, 'bound-otp')
      const request = { ...caller, familyId, sad: authorized.sad, hashes, signAlgorithm: algorithm }
      const { signatures } = await sam.ssa.call('sign', request)
      const key = createPublicKey({ key: signer.publicKey, format: 'der', type: 'spki' })
      assert.equal(signatures.length, 1)
      assert.ok(verify('sha256', message, key, signatures[0] ?? Buffer.alloc(0)))
      await assert.rejects(sam.ssa.call('sign', request), { code: 'sad_invalid' })
    })
})
