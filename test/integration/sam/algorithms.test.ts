import assert from 'node:assert/strict'
import { constants, createHash, createPublicKey, randomBytes, verify, type KeyObject } from 'node:crypto'
import { DIGESTS, type DigestName } from '../../../sap/algorithms.ts'
import type { SamRequest } from '../../../sap/operations.ts'
import { buildSam, makeSigner, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { pssParameters } from '../../support/pssParameters.ts'
import { authorized, signing } from '../../support/samActs.ts'

const RSA = '1.2.840.113549.1.1.1'
const RSA_PSS = '1.2.840.113549.1.1.10'
const RSA_WITH = {
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
}
const ECDSA_WITH = {
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
}
const DIGEST_NAMES: readonly DigestName[] = ['sha256', 'sha384', 'sha512']
const NULL = Buffer.from('0500', 'hex')
/** RFC 8017 §9.1.1: 384 bytes, minus digest, minus 2. */
const MAX_SALT = { sha256: 350, sha384: 334, sha512: 318 }

type Algorithm = Pick<SamRequest<'sign'>, 'signAlgorithm' | 'hashAlgorithm' | 'signAlgorithmParameters'>

describe('SAP sign: algorithms, at the SAM itself', () => {
  let sam: TestSam
  const signers: Partial<Record<'rsa-3072' | 'p-256' | 'p-384', TestSigner>> = {}
  before(async () => {
    sam = await buildSam()
    for (const keyType of ['rsa-3072', 'p-256', 'p-384'] as const)
      signers[keyType] = await makeSigner(sam, { keyType })
  })
  after(() => sam.dispose())

  function signerOf(keyType: keyof typeof signers): TestSigner {
    const signer = signers[keyType]
    assert.ok(signer)
    return signer
  }

  async function signed(
    keyType: keyof typeof signers,
    digest: DigestName,
    algorithm: Algorithm,
  ): Promise<{ readonly message: Buffer; readonly signature: Buffer; readonly key: KeyObject }> {
    const signer = signerOf(keyType)
    const message = randomBytes(200)
    const hashes = [createHash(digest).update(message).digest()]
    const { sad } = await authorized(sam, signer, hashes)
    const { signatures } = await sam.ssa.call('sign', signing(signer, sad, hashes, algorithm))
    const [signature] = signatures
    assert.ok(signature && signatures.length === 1)
    const key = createPublicKey({ key: signer.publicKey, format: 'der', type: 'spki' })
    return { message, signature, key }
  }

  for (const digest of DIGEST_NAMES) {
    const { oid } = DIGESTS[digest]
    for (const [name, algorithm] of [
      ['the combined OID', { signAlgorithm: RSA_WITH[digest] }],
      [
        'the combined OID with hash algorithm and NULL',
        {
          signAlgorithm: RSA_WITH[digest],
          hashAlgorithm: oid,
          signAlgorithmParameters: NULL,
        },
      ],
      ['rsaEncryption and the hash algorithm', { signAlgorithm: RSA, hashAlgorithm: oid }],
    ] as const)
      it(`makes PKCS#1 v1.5 with ${digest} for ${name} (H08)`, async () => {
        const { message, signature, key } = await signed('rsa-3072', digest, algorithm)
        assert.equal(signature.length, 384)
        assert.ok(verify(digest, message, key, signature))
      })

    for (const [name, saltLength] of [
      ['as long as the digest', DIGESTS[digest].length],
      ['as long as fits', MAX_SALT[digest]],
    ] as const)
      it(`makes PSS with ${digest} and a salt ${name}`, async () => {
        const { message, signature, key } = await signed('rsa-3072', digest, {
          signAlgorithm: RSA_PSS,
          signAlgorithmParameters: pssParameters(digest, saltLength),
        })
        const padding = constants.RSA_PKCS1_PSS_PADDING
        assert.ok(verify(digest, message, { key, padding, saltLength }, signature))
        assert.ok(!verify(digest, message, { key, padding, saltLength: saltLength - 1 }, signature))
      })

    for (const keyType of ['p-256', 'p-384'] as const)
      it(`makes ECDSA as DER with ${keyType} and ${digest} (H10)`, async () => {
        const { message, signature, key } = await signed(keyType, digest, {
          signAlgorithm: ECDSA_WITH[digest],
        })
        assert.equal(signature[0], 0x30)
        assert.equal(signature[1], signature.length - 2)
        assert.ok(verify(digest, message, { key, dsaEncoding: 'der' }, signature))
        assert.ok(!verify(digest, message, { key, dsaEncoding: 'ieee-p1363' }, signature))
      })
  }

  it('writes minimal DER for every signature of a large batch (H10)', async () => {
    const signer = signerOf('p-256')
    const messages = Array.from({ length: 100 }, () => randomBytes(20))
    const hashes = messages.map((message) => createHash('sha256').update(message).digest())
    const { sad } = await authorized(sam, signer, hashes)
    const { signatures } = await sam.ssa.call('sign', signing(signer, sad, hashes))
    const key = createPublicKey({ key: signer.publicKey, format: 'der', type: 'spki' })
    for (const [index, signature] of signatures.entries()) {
      const message = messages[index]
      assert.ok(message && verify('sha256', message, key, signature))
      for (const at of [2, 4 + signature.readUInt8(3)]) {
        const first = signature.readUInt8(at + 2)
        assert.ok(first < 0x80, 'no negative integer')
        assert.ok(first > 0 || signature.readUInt8(at + 3) >= 0x80, 'no needless zero')
      }
    }
    assert.equal(
      new Set(signatures.map((one) => one.subarray(4, 4 + one.readUInt8(3)).toString('hex'))).size,
      100,
    )
  })

  it('keeps the order of the request', async () => {
    const signer = signerOf('p-384')
    const messages = Array.from({ length: 12 }, () => randomBytes(20))
    const hashes = messages.map((message) => createHash('sha384').update(message).digest())
    const { sad } = await authorized(
      sam,
      signer,
      [...hashes].sort((a, b) => Buffer.compare(a, b)),
    )
    const algorithm = { signAlgorithm: ECDSA_WITH.sha384 }
    const { signatures } = await sam.ssa.call('sign', signing(signer, sad, hashes, algorithm))
    const key = createPublicKey({ key: signer.publicKey, format: 'der', type: 'spki' })
    for (const [index, message] of messages.entries())
      assert.ok(verify('sha384', message, key, signatures[index] ?? Buffer.alloc(0)), `signature ${index}`)
  })
})
