import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { constants, createPublicKey, generateKeyPairSync, privateEncrypt, type KeyObject } from 'node:crypto'
import { p256, p384 } from '@noble/curves/nist.js'
import { DIGESTS, KEY_TYPES, type KeyTypeName, type SignatureScheme } from '../../../../sap/algorithms.ts'
import { buildCertificationRequest } from '../../../../sam/pki/certificationRequest.ts'
import type { SignerSubject } from '../../../../sap/subjectName.ts'

/** Signs a digest as a token does: RSA octets, ECDSA raw r‖s. */
function tokenLike(privateKey: KeyObject): (digest: Buffer, scheme: SignatureScheme) => Promise<Buffer> {
  return async (digest, scheme) => {
    if (scheme.name === 'ecdsa') {
      const jwk = privateKey.export({ format: 'jwk' })
      const curve = jwk.crv === 'P-256' ? p256 : p384
      const key = Buffer.from(jwk.d ?? '', 'base64url')
      return Buffer.from(curve.sign(digest, key, { prehash: false, lowS: false }))
    }
    const digestInfo = Buffer.concat([Buffer.from(DIGESTS[scheme.digest].digestInfoPrefix, 'hex'), digest])
    return privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, digestInfo)
  }
}

function openssl(args: readonly string[], input: Buffer): string {
  return execFileSync('openssl', args, { input, stdio: ['pipe', 'pipe', 'pipe'], encoding: 'utf8' })
}

const ADA: SignerSubject = {
  commonName: 'Ada Lovelace',
  givenName: 'Ada',
  surname: 'Lovelace',
  serialNumber: 'PNODK-1234',
  organization: 'Bücher & Söhne',
  country: 'DE',
}

describe('buildCertificationRequest — RFC 2986', function () {
  this.timeout(30_000)
  const expected: readonly [KeyTypeName, string][] = [
    ['rsa-3072', 'sha256WithRSAEncryption'],
    ['rsa-4096', 'sha256WithRSAEncryption'],
    ['p-256', 'ecdsa-with-SHA256'],
    ['p-384', 'ecdsa-with-SHA384'],
  ]
  for (const [name, algorithm] of expected)
    it(`makes what openssl verifies: ${name}`, async () => {
      const keyType = KEY_TYPES[name]
      const { privateKey } =
        keyType.family === 'rsa'
          ? generateKeyPairSync('rsa', { modulusLength: keyType.bits })
          : generateKeyPairSync('ec', { namedCurve: keyType.curveName })
      const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
      const request = await buildCertificationRequest({
        subject: ADA,
        publicKey,
        keyType,
        sign: tokenLike(privateKey),
      })
      openssl(['req', '-inform', 'DER', '-verify', '-noout'], request)
      const text = openssl(
        ['req', '-inform', 'DER', '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus'],
        request,
      )
      assert.match(
        text,
        /Subject: C=DE,O=Bücher & Söhne,SN=Lovelace,GN=Ada,serialNumber=PNODK-1234,CN=Ada Lovelace/,
      )
      assert.match(text, new RegExp(`Signature Algorithm: ${algorithm}`))
      const pem = openssl(['req', '-inform', 'DER', '-noout', '-pubkey'], request)
      assert.deepEqual(createPublicKey(pem).export({ format: 'der', type: 'spki' }), publicKey)
    })

  it('gives nothing away when the signature is wrong', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const sign = tokenLike(privateKey)
    const request = buildCertificationRequest({
      subject: ADA,
      publicKey: publicKey.export({ format: 'der', type: 'spki' }),
      keyType: KEY_TYPES['p-256'],
      sign: async (digest, scheme) => {
        const signature = await sign(digest, scheme)
        signature.writeUInt8(signature.readUInt8(40) ^ 4, 40)
        return signature
      },
    })
    await assert.rejects(request, /signature of the certification request is wrong/)
  })
})
