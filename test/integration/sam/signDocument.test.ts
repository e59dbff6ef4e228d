import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate, createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assembleCms } from '../../../ades/cms/assembleCms.ts'
import { signedAttributes } from '../../../ades/cms/signedAttributes.ts'
import { der, derElements, objectIdentifier, octetString, sequence, tagged } from '../../../sap/der.ts'
import type { SamRequest } from '../../../sap/operations.ts'
import { buildSam, makeSigner, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import {
  authorization,
  authorized,
  eventsOf,
  ledgerState,
  newHashes,
  refused,
  sentCode,
  signing,
} from '../../support/samActs.ts'
import { pemOf } from '../../support/testPki.ts'

const ECDSA_SHA384 = '1.2.840.10045.4.3.3'
const RSA_SHA512 = '1.2.840.113549.1.1.13'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const SHA384 = '2.16.840.1.101.3.4.2.2'

type Document = SamRequest<'signDocument'>['documents'][number]

describe('SAP signDocument — CSC API v2.0.0.2 §11.11, activation.md §2.7', () => {
  let sam: TestSam
  let signer: TestSigner
  let certificate: X509Certificate
  before(async () => {
    sam = await buildSam()
    signer = await makeSigner(sam)
    certificate = await certificateOf(signer)
  })
  after(() => sam.dispose())

  async function certificateOf({ credentialId }: TestSigner): Promise<X509Certificate> {
    const key = await sam.deps.records.read('key', credentialId)
    return new X509Certificate(key?.value.chain[0] ?? Buffer.alloc(0))
  }

  const signingDocuments = (
    sad: string,
    documents: readonly Document[],
    changes: Partial<SamRequest<'signDocument'>> = {},
    by = signer,
  ): SamRequest<'signDocument'> => {
    const { hashes: _hashes, ...rest } = signing(by, sad, [])
    return { ...rest, documents, ...changes }
  }

  /** The attributes that the client's own code writes: another encoder than the SAM's. */
  const attributesOf = (digest: Buffer, signingTime?: Date): Buffer =>
    signedAttributes({
      digest: 'sha256',
      messageDigest: digest,
      certificate,
      ...(signingTime && { signingTime }),
    }).der
  const pades = (digest: Buffer, signed = attributesOf(digest)): Document => ({
    digest,
    format: 'pades',
    signedAttributes: signed,
  })
  const cades = (digest: Buffer, signed = attributesOf(digest, new Date())): Document => ({
    digest,
    format: 'cades',
    signedAttributes: signed,
  })

  describe('signs the hash of the attributes that it checked', () => {
    it('for several documents of one act, in request order, each once', async () => {
      const digests = newHashes(3)
      const { sad } = await authorized(sam, signer, digests)
      const documents = digests
        .map((digest, index) => (index === 1 ? cades(digest) : pades(digest)))
        .reverse()
      const request = signingDocuments(sad, documents)
      const { signatures } = await sam.ssa.call('signDocument', request)
      const key = createPublicKey({ key: signer.publicKey, format: 'der', type: 'spki' })
      for (const [index, document] of documents.entries())
        assert.ok(verify('sha256', document.signedAttributes, key, signatures[index] ?? Buffer.alloc(0)))
      const [intent] = await eventsOf(sam, request.requestId)
      assert.deepEqual(
        [intent?.['hashes'], intent?.['attributeHashes']],
        [
          documents.map(({ digest }) => digest.toString('hex')),
          documents.map((each) => createHash('sha256').update(each.signedAttributes).digest('hex')),
        ],
      )
      await refused(sam, 'sad_invalid', () => sam.ssa.call('signDocument', request))
    })

    for (const [keyType, digest, signAlgorithm, scheme] of [
      ['p-384', 'sha384', ECDSA_SHA384, { name: 'ecdsa', digest: 'sha384' }],
      ['rsa-3072', 'sha512', RSA_SHA512, { name: 'rsa-pkcs1', digest: 'sha512' }],
    ] as const)
      it(`as openssl takes for a good CAdES signature: ${keyType}`, async function () {
        this.timeout(60_000)
        const other = await makeSigner(sam, { keyType })
        const content = randomBytes(1000)
        const messageDigest = createHash(digest).update(content).digest()
        const chain = [await certificateOf(other)] as const
        const signed = signedAttributes({
          digest,
          messageDigest,
          certificate: chain[0],
          signingTime: new Date(),
        })
        const { sad } = await authorized(sam, other, [messageDigest])
        const document = { digest: messageDigest, format: 'cades', signedAttributes: signed.der } as const
        const request = signingDocuments(sad, [document], { signAlgorithm }, other)
        const [signature = Buffer.alloc(0)] = (await sam.ssa.call('signDocument', request)).signatures
        const cms = assembleCms({ signedAttributes: signed.der, scheme, chain }, signature)
        const folder = mkdtempSync(join(tmpdir(), 'chancery-cms-'))
        try {
          const file = (name: string, bytes: Buffer | string): string => {
            writeFileSync(join(folder, name), bytes)
            return join(folder, name)
          }
          const output = execFileSync(
            'openssl',
            [
              ...['cms', '-verify', '-cades', '-binary', '-inform', 'DER', '-in', file('cms', cms)],
              ...['-content', file('content', content), '-out', join(folder, 'out')],
              ...['-CAfile', file('ca.pem', pemOf(sam.issuer.certificate)), '-purpose', 'any'],
            ],
            { encoding: 'utf8', stdio: 'pipe' },
          )
          assert.equal(output, '')
        } finally {
          rmSync(folder, { recursive: true })
        }
      })

    it('with the certificate named in any right way', async () => {
      const raw = certificate.raw
      const [algorithm384] = [sequence(objectIdentifier(SHA384))]
      const certificateIds = [
        [hashed('sha256', raw), issuerSerial(raw)],
        [algorithm384, hashed('sha384', raw)],
        [sequence(objectIdentifier(SHA384), der(0x05)), hashed('sha384', raw), issuerSerial(raw)],
      ]
      for (const certificateId of certificateIds) {
        const digests = newHashes(1)
        const { sad } = await authorized(sam, signer, digests)
        const document = pades(digests[0] ?? Buffer.alloc(0), withCertificateId(digests, certificateId))
        const { signatures } = await sam.ssa.call('signDocument', signingDocuments(sad, [document]))
        assert.equal(signatures.length, 1)
      }
    })

    it('also where the act named no hashes (SCAL 1)', async () => {
      const loose = await makeSigner(sam, { signer, policy: 'scal1-otp' })
      const raw = await certificateOf(loose)
      const otp = await sentCode(sam, loose)
      const act = authorization(loose, [], { otp, hashes: undefined, numberOfSignatures: 1 })
      const { sad } = await sam.ssa.call('authorize', act)
      const [digest = Buffer.alloc(0)] = newHashes(1)
      const signed = signedAttributes({ digest: 'sha256', messageDigest: digest, certificate: raw })
      const request = signingDocuments(sad, [pades(digest, signed.der)], {}, loose)
      assert.equal((await sam.ssa.call('signDocument', request)).signatures.length, 1)
    })
  })

  const hashed = (name: string, bytes: Buffer): Buffer => octetString(createHash(name).update(bytes).digest())
  const issuerSerial = (raw: Buffer): Buffer => {
    const [outer] = derElements(raw) ?? []
    const [toBeSigned] = derElements(outer?.content ?? Buffer.alloc(0)) ?? []
    const [, serial, , issuer] = derElements(toBeSigned?.content ?? Buffer.alloc(0)) ?? []
    assert.ok(serial !== undefined && issuer !== undefined)
    return sequence(sequence(tagged(4, issuer.whole)), serial.whole)
  }
  const attribute = (oid: string, ...values: readonly Buffer[]): Buffer =>
    sequence(objectIdentifier(oid), der(0x31, ...values))
  const CONTENT_TYPE = '1.2.840.113549.1.9.3'
  const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
  const SIGNING_TIME = '1.2.840.113549.1.9.5'
  const CERTIFICATE = '1.2.840.113549.1.9.16.2.47'
  const ID_DATA = objectIdentifier('1.2.840.113549.1.7.1')
  const sorted = (...attributes: readonly Buffer[]): Buffer =>
    der(0x31, ...[...attributes].sort((one, other) => Buffer.compare(one, other)))
  const contentType = attribute(CONTENT_TYPE, ID_DATA)
  const messageDigest = (digest: Buffer): Buffer => attribute(MESSAGE_DIGEST, octetString(digest))
  const certificateIs = (...certificateId: readonly Buffer[]): Buffer =>
    attribute(CERTIFICATE, sequence(sequence(sequence(...certificateId))))
  const ours = (): Buffer => certificateIs(hashed('sha256', certificate.raw))
  const withCertificateId = ([digest = Buffer.alloc(0)]: readonly Buffer[], id: readonly Buffer[]): Buffer =>
    sorted(contentType, messageDigest(digest), certificateIs(...id))
  const utcTime = (text: string): Buffer => attribute(SIGNING_TIME, der(0x17, Buffer.from(text)))
  const now = (offset = 0): string =>
    new Date(Date.now() + offset)
      .toISOString()
      .replace(/[-:T]|\.\d+/g, '')
      .slice(2)

  /** The attributes, made of a document's digest, and what the journal says of them. */
  type Lie = (digest: Buffer) => Buffer
  const lies: readonly [string, Lie, RegExp][] = [
    ['another message-digest', () => attributesOf(randomBytes(32)), /^message-digest is not what/],
    [
      'a message-digest as NULL',
      () => sorted(contentType, attribute(MESSAGE_DIGEST, der(0x05)), ours()),
      /^message-digest is not/,
    ],
    [
      'two values in message-digest',
      (digest) =>
        sorted(
          contentType,
          attribute(MESSAGE_DIGEST, octetString(digest), octetString(randomBytes(32))),
          ours(),
        ),
      /^message-digest is not/,
    ],
    [
      'a second message-digest',
      (digest) => sorted(contentType, messageDigest(digest), messageDigest(randomBytes(32)), ours()),
      /^message-digest is not/,
    ],
    ['no message-digest', () => sorted(contentType, ours()), /^message-digest is missing/],
    [
      'another content-type',
      (digest) =>
        sorted(
          attribute(CONTENT_TYPE, objectIdentifier('1.2.840.113549.1.7.2')),
          messageDigest(digest),
          ours(),
        ),
      /^content-type is not/,
    ],
    ['no content-type', (digest) => sorted(messageDigest(digest), ours()), /^content-type is missing/],
    [
      'another certificate',
      (digest) => withCertificateId([digest], [hashed('sha256', sam.issuer.certificate)]),
      /^signing-certificate-v2 is not/,
    ],
    [
      'two certificates',
      (digest) =>
        sorted(
          contentType,
          messageDigest(digest),
          attribute(
            CERTIFICATE,
            sequence(
              sequence(
                sequence(hashed('sha256', certificate.raw)),
                sequence(hashed('sha256', sam.issuer.certificate)),
              ),
            ),
          ),
        ),
      /^signing-certificate-v2 is not/,
    ],
    [
      'the certificate named in two attributes',
      (digest) =>
        sorted(
          contentType,
          messageDigest(digest),
          ours(),
          certificateIs(hashed('sha256', certificate.raw), issuerSerial(certificate.raw)),
        ),
      /^signing-certificate-v2 is there twice/,
    ],
    [
      "another's issuer and serial number",
      (digest) =>
        withCertificateId(
          [digest],
          [hashed('sha256', certificate.raw), issuerSerial(sam.issuer.certificate)],
        ),
      /^signing-certificate-v2 is not/,
    ],
    [
      'the default algorithm spelt out',
      (digest) =>
        withCertificateId([digest], [sequence(objectIdentifier(SHA256)), hashed('sha256', certificate.raw)]),
      /^signing-certificate-v2 is not/,
    ],
    [
      'SHA-1',
      (digest) =>
        withCertificateId(
          [digest],
          [sequence(objectIdentifier('1.3.14.3.2.26')), hashed('sha1', certificate.raw)],
        ),
      /^signing-certificate-v2 is not/,
    ],
    [
      'the old signing-certificate',
      (digest) =>
        sorted(
          contentType,
          messageDigest(digest),
          attribute(
            '1.2.840.113549.1.9.16.2.12',
            sequence(sequence(sequence(hashed('sha1', certificate.raw)))),
          ),
        ),
      /^an attribute that is not on the list/,
    ],
    [
      'no certificate',
      (digest) => sorted(contentType, messageDigest(digest)),
      /^signing-certificate-v2 is missing/,
    ],
    [
      'one more attribute',
      (digest) =>
        sorted(
          contentType,
          messageDigest(digest),
          ours(),
          attribute('1.2.840.113549.1.9.16.2.16', sequence(objectIdentifier('1.2.840.113549.1.9.16.6.1'))),
        ),
      /^an attribute that is not on the list/,
    ],
    [
      'an attribute twice',
      (digest) => sorted(contentType, contentType, messageDigest(digest), ours()),
      /^attributes are not in the order of DER/,
    ],
    [
      'attributes in another order',
      (digest) => der(0x31, ours(), messageDigest(digest), contentType),
      /^attributes are not in the order of DER/,
    ],
    ['bytes after the end', (digest) => Buffer.concat([attributesOf(digest), Buffer.of(5, 0)]), /^no DER/],
    ['an end that is missing', (digest) => attributesOf(digest).subarray(0, -1), /^no DER/],
    [
      'a length in more bytes than it needs (BER)',
      (digest) => {
        const good = attributesOf(digest)
        assert.equal(good[1]?.toString(16), '81')
        return Buffer.concat([Buffer.of(0x31, 0x82, 0), good.subarray(2)])
      },
      /^no DER/,
    ],
    [
      'an indefinite length (BER)',
      (digest) => Buffer.concat([Buffer.of(0x31, 0x80), attributesOf(digest).subarray(3), Buffer.of(0, 0)]),
      /^no DER/,
    ],
    [
      'a constructed octet string (BER)',
      (digest) => sorted(contentType, attribute(MESSAGE_DIGEST, der(0x24, octetString(digest))), ours()),
      /^message-digest is not/,
    ],
    [
      'a list in place of a set',
      (digest) => Buffer.concat([Buffer.of(0x30), attributesOf(digest).subarray(1)]),
      /^no DER/,
    ],
    [
      'the tag that it has inside of a signature',
      (digest) => Buffer.concat([Buffer.of(0xa0), attributesOf(digest).subarray(1)]),
      /^no DER/,
    ],
    ['an empty set', () => der(0x31), /^content-type is missing/],
    ['an attribute without a type', () => der(0x31, sequence()), /^an attribute that is not/],
    [
      'signing-time in a PDF',
      (digest) => sorted(contentType, messageDigest(digest), utcTime(now()), ours()),
      /^signing-time is not/,
    ],
  ]
  for (const [what, lie, reason] of lies)
    it(`refuses ${what}, and nothing is spent`, async () => {
      const digests = newHashes(1)
      const [digest = Buffer.alloc(0)] = digests
      const { sad } = await authorized(sam, signer, digests)
      const entry = await refused(sam, 'attributes_not_authorized', () =>
        sam.ssa.call('signDocument', signingDocuments(sad, [pades(digest, lie(digest))])),
      )
      assert.match(String(entry['reason']), reason)
      await sam.ssa.call('signDocument', signingDocuments(sad, [pades(digest)]))
    })

  const times: readonly [string, () => Buffer][] = [
    ['an hour ago', () => utcTime(now(-3600_000))],
    ['in an hour', () => utcTime(now(3600_000))],
    ['in the last century', () => utcTime('990101000000Z')],
    ['no time at all', () => utcTime('991399999999Z')],
    ['with fractions', () => attribute(SIGNING_TIME, der(0x18, Buffer.from(`20${now().slice(0, -1)}.5Z`)))],
    ['as GeneralizedTime before 2050', () => attribute(SIGNING_TIME, der(0x18, Buffer.from(`20${now()}`)))],
    ['with a zone', () => utcTime(`${now().slice(0, -1)}+0000`)],
    ['without seconds', () => utcTime(`${now().slice(0, 10)}Z`)],
    ['twice', () => attribute(SIGNING_TIME, der(0x17, Buffer.from(now())), der(0x17, Buffer.from(now())))],
  ]
  for (const [what, signingTime] of times)
    it(`refuses a CAdES signing-time ${what}`, async () => {
      const digests = newHashes(1)
      const [digest = Buffer.alloc(0)] = digests
      const { sad } = await authorized(sam, signer, digests)
      const lie = sorted(contentType, messageDigest(digest), signingTime(), ours())
      const entry = await refused(sam, 'attributes_not_authorized', () =>
        sam.ssa.call('signDocument', signingDocuments(sad, [cades(digest, lie)])),
      )
      assert.match(String(entry['reason']), /^signing-time is not/)
    })

  it('refuses all documents for one lie, and nothing is spent', async () => {
    const digests = newHashes(3)
    const { sad } = await authorized(sam, signer, digests)
    const [first, second, third] = digests.map((digest) => pades(digest))
    assert.ok(first && second && third)
    const swapped = { ...third, signedAttributes: second.signedAttributes }
    await refused(sam, 'attributes_not_authorized', () =>
      sam.ssa.call('signDocument', signingDocuments(sad, [first, second, swapped])),
    )
    await sam.ssa.call('signDocument', signingDocuments(sad, [first, second, third]))
  })

  it('refuses a document that was not authorized, with attributes that fit it', async () => {
    const digests = newHashes(1)
    const { sad } = await authorized(sam, signer, digests)
    const [other = Buffer.alloc(0)] = newHashes(1)
    await refused(sam, 'hash_not_authorized', () =>
      sam.ssa.call('signDocument', signingDocuments(sad, [pades(other)])),
    )
  })

  it('refuses a digest of another length than the algorithm makes', async () => {
    const digests = newHashes(1, 48)
    const { sad } = await authorized(sam, signer, digests)
    const [digest = Buffer.alloc(0)] = digests
    await refused(sam, 'digest_length_invalid', () =>
      sam.ssa.call('signDocument', signingDocuments(sad, [pades(digest)])),
    )
  })

  it("refuses another credential of the same signer: the certificate is not that one's", async () => {
    const other = await makeSigner(sam, { signer })
    const digests = newHashes(1)
    const { sad } = await authorized(sam, other, digests)
    const [digest = Buffer.alloc(0)] = digests
    await refused(sam, 'attributes_not_authorized', () =>
      sam.ssa.call('signDocument', signingDocuments(sad, [pades(digest)], {}, other)),
    )
  })

  it('shares the hashes of an act with sign: each is spent once, by either', async () => {
    const digests = newHashes(2)
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = digests
    const { sad } = await authorized(sam, signer, digests)
    await sam.ssa.call('sign', signing(signer, sad, [first]))
    await refused(sam, 'hash_not_authorized', () =>
      sam.ssa.call('signDocument', signingDocuments(sad, [pades(first)])),
    )
    await sam.ssa.call('signDocument', signingDocuments(sad, [pades(second)]))
    const before = await ledgerState(sam)
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, [second])), { code: 'sad_invalid' })
    assert.deepEqual(await ledgerState(sam), before)
  })
})
