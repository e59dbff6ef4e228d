import assert from 'node:assert/strict'
import { X509Certificate, createHash, generateKeyPairSync } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import { AUTHORITY_KEY_TYPES, keyIdentifier } from '../../../ca/pki/authority.ts'
import { signCertificate, toBeSigned, type CertificateContent } from '../../../ca/pki/signCertificate.ts'
import { subjectName } from '../../../sap/subjectName.ts'

const keyType = AUTHORITY_KEY_TYPES['p-256']
const { privateKey, publicKey: publicKeyObject } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const publicKey = publicKeyObject.export({ format: 'der', type: 'spki' })
const name = subjectName({ commonName: 'Test', country: 'DE' })
const content: CertificateContent = {
  serialNumber: Buffer.from('ff01', 'hex'),
  issuer: name,
  subject: name,
  notBefore: Date.UTC(2026, 0, 1),
  notAfter: Date.UTC(2027, 0, 1),
  publicKey,
  extensions: [],
}
const signer = { key: { label: 'k', id: '00' }, keyType, publicKey }
const sign = (digest: Uint8Array): Buffer => {
  const key = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
  return Buffer.from(p256.sign(digest, key, { prehash: false, lowS: false }))
}

describe('signCertificate — RFC 5280 §4.1', () => {
  it('signs what was to be signed', async () => {
    const hsm = {
      signWithResident: async (_key: unknown, _scheme: unknown, digest: Uint8Array) => sign(digest),
    }
    const read = new X509Certificate(await signCertificate(hsm, signer, toBeSigned(content, keyType)))
    assert.ok(read.verify(publicKeyObject))
    assert.equal(read.serialNumber, 'FF01')
  })

  it('gives nothing away when the token errs', async () => {
    const hsm = {
      signWithResident: async (_key: unknown, _scheme: unknown, digest: Uint8Array) => {
        const signature = sign(digest)
        signature.writeUInt8(signature.readUInt8(50) ^ 8, 50)
        return signature
      },
    }
    await assert.rejects(
      signCertificate(hsm, signer, toBeSigned(content, keyType)),
      /signature of a certificate/,
    )
  })

  it('writes times until 2049 as UTCTime, later ones as GeneralizedTime, in whole seconds', () => {
    const notBefore = Date.UTC(2049, 11, 31, 23, 59, 59, 999)
    const tbs = toBeSigned({ ...content, notBefore, notAfter: notBefore + 1 }, keyType)
    assert.ok(tbs.includes(Buffer.from('\x17\x0d491231235959Z\x18\x0f20500101000000Z', 'latin1')))
  })
})

describe('keyIdentifier — RFC 7093 §2, method 1', () => {
  it('is the head of SHA-256 over the point', () => {
    const point = publicKey.subarray(-65)
    assert.equal(keyIdentifier(publicKey), createHash('sha256').update(point).digest('hex').slice(0, 40))
  })
  it('is the head of SHA-256 over the PKCS#1 key for RSA', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    const pkcs1 = rsa.export({ format: 'der', type: 'pkcs1' })
    assert.equal(
      keyIdentifier(rsa.export({ format: 'der', type: 'spki' })),
      createHash('sha256').update(pkcs1).digest('hex').slice(0, 40),
    )
  })
  it('refuses what is no key', () => {
    assert.throws(() => keyIdentifier(Buffer.from('no')), RangeError)
  })
})
