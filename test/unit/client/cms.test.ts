import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { pssParameters } from '../../../ades/cms/algorithmIdentifier.ts'
import { assembleCms } from '../../../ades/cms/assembleCms.ts'
import { elementsOf, integer, octetString, oid, setOf, time } from '../../../ades/cms/der.ts'
import { isSignatureOf, maximumSignatureLength } from '../../../ades/cms/signature.ts'
import { signedAttributes } from '../../../ades/cms/signedAttributes.ts'
import type { DigestName, SignatureScheme } from '../../../sap/algorithms.ts'
import { parsePssParameters } from '../../../sap/pssParameters.ts'
import { localSigner, type LocalSigner } from '../../support/localSigner.ts'

function signedDataOf(cms: Buffer): pkijs.SignedData {
  const content = pkijs.ContentInfo.fromBER(new Uint8Array(cms))
  assert.equal(content.contentType, '1.2.840.113549.1.7.2')
  return new pkijs.SignedData({ schema: content.content })
}

function attributesOf(digest: DigestName, certificate: X509Certificate): ReturnType<typeof signedAttributes> {
  return signedAttributes({
    digest,
    messageDigest: createHash(digest).update('document').digest(),
    certificate,
  })
}

describe('DER — ITU-T X.690', () => {
  it('writes integers with their sign octet, long lengths and object identifiers as asn1js does', () => {
    assert.equal(integer(0).toString('hex'), '020100')
    assert.equal(integer(128).toString('hex'), '02020080')
    assert.equal(oid('2.16.840.1.101.3.4.2.1').toString('hex'), '0609608648016503040201')
    for (const length of [0, 127, 128, 255, 256, 70_000]) {
      const ours = octetString(Buffer.alloc(length, 7))
      const theirs = new asn1js.OctetString({ valueHex: new Uint8Array(length).fill(7) }).toBER()
      assert.ok(ours.equals(Buffer.from(theirs)))
    }
  })

  it('writes UTCTime through 2049 and GeneralizedTime after', () => {
    const [utc, generalized] = [
      time(new Date('2049-12-31T23:59:59.9Z')),
      time(new Date('2050-01-01T00:00:00Z')),
    ]
    assert.deepEqual([utc[0], utc.toString('latin1', 2)], [0x17, '491231235959Z'])
    assert.deepEqual([generalized[0], generalized.toString('latin1', 2)], [0x18, '20500101000000Z'])
  })

  it('sorts a SET OF by the encodings', () => {
    assert.equal(
      setOf(integer(3), octetString(Buffer.of(9)), integer(1)).toString('hex'),
      '3109020101020103040109',
    )
  })

  for (const hex of ['30', '3005', '30800000', '3085ffffffffff', '308200'])
    it(`refuses ${hex}`, () => {
      assert.throws(() => elementsOf(Buffer.from(hex, 'hex')), RangeError)
    })
})

describe('CMS signature — RFC 5652, EN 319 142-1 §6.3', () => {
  const signers = new Map<string, LocalSigner>()
  before(async () => {
    for (const keyType of ['p-256', 'p-384', 'rsa-3072'] as const)
      signers.set(keyType, await localSigner(keyType))
  })
  const signerOf = (keyType: string): LocalSigner => {
    const signer = signers.get(keyType)
    assert.ok(signer !== undefined)
    return signer
  }

  it('signs content-type, message-digest and signing-certificate-v2, and no signing-time', () => {
    const { chain, sign } = signerOf('p-256')
    const scheme: SignatureScheme = { name: 'ecdsa', digest: 'sha256' }
    const attributes = attributesOf('sha256', chain[0])
    const cms = assembleCms(
      { signedAttributes: attributes.der, scheme, chain },
      sign(scheme, attributes.digest),
    )
    const [info] = signedDataOf(cms).signerInfos
    const types = info?.signedAttrs?.attributes.map(({ type }) => type)
    assert.deepEqual(types, ['1.2.840.113549.1.9.3', '1.2.840.113549.1.9.4', '1.2.840.113549.1.9.16.2.47'])
    assert.equal(info?.unsignedAttrs, undefined)
  })

  it('names the digest of the certificate unless it is SHA-256', () => {
    const [certificate] = signerOf('p-256').chain
    const sha384 = oid('2.16.840.1.101.3.4.2.2')
    assert.ok(!attributesOf('sha256', certificate).der.includes(oid('2.16.840.1.101.3.4.2.1')))
    assert.ok(attributesOf('sha384', certificate).der.includes(sha384))
    const digest = createHash('sha384').update(certificate.raw).digest()
    assert.ok(attributesOf('sha384', certificate).der.includes(digest))
  })

  const SCHEMES: readonly (readonly [string, SignatureScheme, string])[] = [
    ['rsa-3072', { name: 'rsa-pkcs1', digest: 'sha512' }, '1.2.840.113549.1.1.13'],
    ['rsa-3072', { name: 'rsa-pss', digest: 'sha256', saltLength: 32 }, '1.2.840.113549.1.1.10'],
    ['p-256', { name: 'ecdsa', digest: 'sha256' }, '1.2.840.10045.4.3.2'],
    ['p-384', { name: 'ecdsa', digest: 'sha384' }, '1.2.840.10045.4.3.3'],
  ]
  for (const [keyType, scheme, algorithm] of SCHEMES) {
    it(`is one that pkijs verifies: ${keyType}, ${scheme.name}, ${scheme.digest}`, async () => {
      const { chain, sign } = signerOf(keyType)
      const attributes = attributesOf(scheme.digest, chain[0])
      const signature = sign(scheme, attributes.digest)
      const signedData = signedDataOf(
        assembleCms({ signedAttributes: attributes.der, scheme, chain }, signature),
      )
      assert.equal(signedData.signerInfos[0]?.signatureAlgorithm.algorithmId, algorithm)
      assert.equal(signedData.certificates?.length, 2)
      assert.ok(await signedData.verify({ signer: 0, data: new TextEncoder().encode('document').buffer }))
      assert.ok(signature.length <= maximumSignatureLength(chain[0]))
    })

    it(`is checked before it is used: ${keyType}, ${scheme.name}, ${scheme.digest}`, () => {
      const { chain, sign } = signerOf(keyType)
      const { der, digest } = attributesOf(scheme.digest, chain[0])
      const signature = sign(scheme, digest)
      assert.ok(isSignatureOf(chain[0], { scheme, signed: der, signature }))
      assert.ok(!isSignatureOf(chain[0], { scheme, signed: Buffer.concat([der, der]), signature }))
      assert.ok(!isSignatureOf(chain[0], { scheme, signed: der, signature: signature.subarray(1) }))
    })
  }

  it('gives PSS parameters that the service reads back', () => {
    const parameters = { digest: 'sha384', saltLength: 48 } as const
    assert.deepEqual(parsePssParameters(pssParameters(parameters)), parameters)
  })
})
