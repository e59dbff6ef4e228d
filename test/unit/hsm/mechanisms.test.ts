import assert from 'node:assert/strict'
import { createHash, constants, generateKeyPairSync, privateEncrypt, sign } from 'node:crypto'
import { signOperation, signatureLength } from '../../../hsm/mechanisms.ts'
import { DIGESTS, KEY_TYPES, type DigestName } from '../../../sap/algorithms.ts'

const RSA = KEY_TYPES['rsa-3072']
const EC = KEY_TYPES['p-256']
const NAMES: readonly DigestName[] = ['sha256', 'sha384', 'sha512']

describe('hsm/mechanisms — PKCS#11 v2.40 §2.1, RFC 8017 §9', () => {
  for (const name of NAMES)
    it(`builds the DigestInfo of ${name} that OpenSSL builds`, () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const digest = createHash(name).update('message').digest()
      const { input } = signOperation(RSA, { name: 'rsa-pkcs1', digest: name }, digest)
      const padded = privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, input)
      assert.deepEqual(padded, sign(name, Buffer.from('message'), privateKey))
    })

  it('refuses a digest of another length, for every scheme and digest', () => {
    for (const digest of NAMES)
      for (const length of [0, 20, 32, 48, 64, 65]) {
        if (length === DIGESTS[digest].length) continue
        const bytes = Buffer.alloc(length)
        assert.throws(() => signOperation(RSA, { name: 'rsa-pkcs1', digest }, bytes), RangeError)
        assert.throws(
          () => signOperation(RSA, { name: 'rsa-pss', digest, saltLength: 32 }, bytes),
          RangeError,
        )
        assert.throws(() => signOperation(EC, { name: 'ecdsa', digest }, bytes), RangeError)
      }
  })

  it('takes a salt from the digest length to the maximum, and no other', () => {
    const digest = Buffer.alloc(48)
    const salted = (saltLength: number) => () =>
      signOperation(RSA, { name: 'rsa-pss', digest: 'sha384', saltLength }, digest)
    for (const good of [48, 100, 334]) assert.doesNotThrow(salted(good))
    for (const bad of [0, 20, 47, 335, 48.5, Number.NaN, -1]) assert.throws(salted(bad), RangeError)
  })

  it('refuses a scheme of the other family', () => {
    const digest = Buffer.alloc(32)
    assert.throws(() => signOperation(EC, { name: 'rsa-pkcs1', digest: 'sha256' }, digest), RangeError)
    assert.throws(() => signOperation(RSA, { name: 'ecdsa', digest: 'sha256' }, digest), RangeError)
  })

  it('knows how long a signature is', () => {
    const lengths = Object.values(KEY_TYPES).map((keyType) => [keyType.name, signatureLength(keyType)])
    assert.deepEqual(lengths, [
      ['rsa-3072', 384],
      ['rsa-4096', 512],
      ['p-256', 64],
      ['p-384', 96],
    ])
  })
})
