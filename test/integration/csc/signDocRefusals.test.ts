import assert from 'node:assert/strict'
import { samplePdf } from '../../../ades/pdf/samplePdf.ts'
import { predictedXref } from '../../support/hostilePdf.ts'
import { memberOf } from '../../support/bodyOf.ts'
import { digestEntries, digestEntry, documentEntry, sha256 } from '../../support/documentEntries.ts'
import { anotherCredential, sadFor, type Account, type Service } from '../../support/service.ts'
import { buildSignDocSite, lateSad, membersIn, signDoc, type SignDocSite } from '../../support/signDocSite.ts'

const SHA384 = '2.16.840.1.101.3.4.2.2'

describe('what signatures/signDoc refuses — CSC API v2.0.0.2 §11.11', () => {
  let site: SignDocSite
  let service: Service
  let account: Account
  let late: Account

  before(async () => {
    site = await buildSignDocSite()
    ;({ service, account, late } = site)
  })
  after(() => service.dispose())

  const text = Buffer.from('a document')
  const entryRows: readonly [string, object, string][] = [
    ['no documents', {}, 'Empty documentDigests and documents objects'],
    ['empty arrays', { documentDigests: [], documents: [] }, 'Empty documentDigests and documents objects'],
    ['digests that are no array', { documentDigests: 'x' }, 'Invalid object parameter documentDigests'],
    ['a digest that is no object', { documentDigests: ['x'] }, 'Invalid object parameter documentDigests'],
    [
      'a digest without hashes',
      digestEntry([], { hashes: undefined }),
      'Invalid object parameter documentDigests',
    ],
    ['hashes that are a text', digestEntry([], { hashes: 'x' }), 'Invalid object parameter documentDigests'],
    ['no hashes', digestEntry([]), 'Empty documentDigests and documents objects'],
    ['documents that are no array', { documents: {} }, 'Invalid array parameter documents'],
    ['a document that is no object', { documents: [7] }, 'Invalid array parameter documents'],
    [
      'a document without its bytes',
      documentEntry(text, { document: undefined }),
      'Invalid array parameter documents',
    ],
    [
      'both',
      { ...digestEntry([sha256(text)]), ...documentEntry(text) },
      'Both documentDigests and documents parameters passed',
    ],
    [
      'a hash that is no base64',
      digestEntry([], { hashes: ['@'] }),
      'Invalid Base64 hashes string parameter',
    ],
    ['a hash that is a number', digestEntry([], { hashes: [7] }), 'Invalid Base64 hashes string parameter'],
    [
      'a document that is no base64',
      documentEntry(text, { document: 'AAB=' }),
      'Invalid Base64 documents string parameter',
    ],
    ['an empty document', documentEntry(text, { document: '' }), 'Invalid Base64 documents string parameter'],
    [
      'no signAlgo',
      digestEntry([sha256(text)], { signAlgo: undefined }),
      'Missing (or invalid type) string parameter signAlgo',
    ],
    ['a signAlgo that is none', digestEntry([sha256(text)], { signAlgo: 'x' }), 'Invalid parameter signAlgo'],
    [
      'another kind of key',
      digestEntry([sha256(text)], { signAlgo: '1.2.840.113549.1.1.11' }),
      'Invalid parameter signAlgo',
    ],
    [
      'signAlgoParams that are no text',
      digestEntry([sha256(text)], { signAlgoParams: 7 }),
      'Missing (or invalid type) string parameter signAlgoParams',
    ],
    [
      'a hash algorithm that contradicts',
      digestEntry([sha256(text)], { hashAlgorithmOID: SHA384 }),
      'String parameter hashAlgorithmOID contradicts with signAlgo parameter',
    ],
    [
      'a hash algorithm that is unknown',
      digestEntry([sha256(text)], { hashAlgorithmOID: '1.3.14.3.2.26' }),
      'Invalid parameter hashAlgorithmOID',
    ],
    [
      'a hash algorithm that is no OID',
      digestEntry([sha256(text)], { hashAlgorithmOID: 7 }),
      'Invalid parameter hashAlgorithmOID',
    ],
    ['XAdES', digestEntry([sha256(text)], { signature_format: 'X' }), 'Invalid parameter signature_format'],
    [
      'no format with digests',
      digestEntry([sha256(text)], { signature_format: undefined }),
      'Missing (or invalid type) string parameter signature_format',
    ],
    [
      'no format with documents',
      documentEntry(text, { signature_format: undefined }),
      'Missing (or invalid type) string parameter signature_format',
    ],
    [
      'a level that is not offered',
      digestEntry([sha256(text)], { conformance_level: 'AdES-B-LT' }),
      'Invalid parameter conformance_level',
    ],
    [
      'an unknown envelope',
      documentEntry(text, { signed_envelope_property: 'Enveloped' }),
      'Invalid parameter signed_envelope_property',
    ],
    [
      'the envelope of another format',
      documentEntry(text, { signed_envelope_property: 'Revision' }),
      'Invalid parameter signed_envelope_property',
    ],
    [
      'an attached signature without its content',
      digestEntry([sha256(text)], { signed_envelope_property: 'Attached' }),
      'Invalid parameter signed_envelope_property',
    ],
    [
      'a certification of a PDF',
      documentEntry(text, { signature_format: 'P', signed_envelope_property: 'Certification' }),
      'Invalid parameter signed_envelope_property',
    ],
    [
      'a document of another type (v2.1)',
      documentEntry(text, { documentType: 'sfd' }),
      'Invalid parameter documentType',
    ],
    [
      'circumstantial data (v2.1)',
      documentEntry(text, { documentType: 'sod', circumstantialData: 'AAAA' }),
      'Invalid parameter circumstantialData',
    ],
    [
      'attributes of its own',
      digestEntry([sha256(text)], {
        signed_props: [{ attribute_name: 'mime-type', attribute_value: 'AA==' }, { attribute_name: '"<x>' }],
      }),
      'Invalid parameter signed_props (mime-type, ?)',
    ],
    [
      'attributes that are no array',
      digestEntry([sha256(text)], { signed_props: {} }),
      'Invalid parameter signed_props',
    ],
    [
      'another mode',
      { ...digestEntry([sha256(text)]), operationMode: 'B' },
      'Invalid parameter operationMode',
    ],
    [
      'a validity that is no number',
      { ...digestEntry([sha256(text)]), operationMode: 'A', validity_period: 'x' },
      'Invalid parameter validity_period',
    ],
    [
      'a validity that is too long',
      { ...digestEntry([sha256(text)]), operationMode: 'A', validity_period: 1e12 },
      'Out of bounds parameter validity_period',
    ],
    [
      'a response_uri on loopback',
      { ...digestEntry([sha256(text)]), operationMode: 'A', response_uri: 'https://127.0.0.1/' },
      'Invalid parameter response_uri',
    ],
    [
      'client data that is no text',
      { ...digestEntry([sha256(text)]), clientData: 7 },
      'Invalid parameter clientData',
    ],
    ['a digest of another length', digestEntry([Buffer.alloc(48)]), 'Invalid digest value length'],
    ['a digest that is far too long', digestEntry([Buffer.alloc(300)]), 'Invalid digest value length'],
    [
      'a qualifier',
      { ...digestEntry([sha256(text)]), signatureQualifier: 'eu_eidas_qes' },
      'Invalid parameter signatureQualifier',
    ],
    [
      'no credential',
      { ...digestEntry([sha256(text)]), credentialID: undefined },
      'Missing (or invalid type) string parameter credentialID',
    ],
    [
      "another's credential",
      { ...digestEntry([sha256(text)]), credentialID: 'cred-unknown' },
      'Invalid parameter credentialID',
    ],
    [
      'no SAD',
      { ...digestEntry([sha256(text)]), SAD: undefined },
      'Missing (or invalid type) string parameter SAD',
    ],
    ['a SAD that is none', { ...digestEntry([sha256(text)]), SAD: 'sad' }, 'Invalid parameter SAD'],
    [
      'two algorithms',
      {
        documentDigests: [
          ...digestEntries([sha256(text)]),
          ...digestEntries([sha256(text)], { signAlgo: '1.2.840.10045.4.3.3' }),
        ],
      },
      'Invalid parameter signAlgo',
    ],
  ]
  for (const [name, body, description] of entryRows)
    it(`refuses ${name}: ${description}`, async () => {
      const answer = await signDoc(service, account, 'x'.repeat(43), body)
      assert.deepEqual(answer.body, { error: 'invalid_request', error_description: description })
      assert.equal(answer.status, 400)
    })

  it('says 403 invalid_hash of a digest that is not authorized, and spends nothing', async () => {
    const hashes = [sha256(text)]
    const SAD = await sadFor(service, account, hashes)
    for (const body of [digestEntry([sha256(Buffer.from('other'))]), documentEntry(Buffer.from('other'))]) {
      const answer = await signDoc(service, account, SAD, body)
      assert.equal(answer.status, 403)
      assert.deepEqual(answer.body, {
        error: 'invalid_hash',
        error_description: 'Document or documentDigest does not match authroized hash',
      })
    }
    membersIn(await signDoc(service, account, SAD, digestEntry(hashes)), 'SignatureObject')
  })

  it('says of a PDF of its own that no SAD over hashes covers it', async () => {
    const pdf = samplePdf()
    const SAD = await sadFor(service, account, [sha256(pdf)])
    const answer = await signDoc(service, account, SAD, documentEntry(pdf, { signature_format: 'P' }))
    assert.equal(answer.status, 400)
    assert.deepEqual(answer.body, {
      error: 'invalid_request',
      error_description: 'documentDigests or documents are not authorized by the SAD.',
    })
  })

  it('says that the parameters of RSASSA-PSS are missing', async () => {
    const holder = await anotherCredential(service, account, { keyType: 'rsa-3072' })
    const body = digestEntry([sha256(text)], { signAlgo: '1.2.840.113549.1.1.10' })
    const answer = await signDoc(service, holder, 'x'.repeat(43), body)
    assert.equal(
      memberOf(answer.body, 'error_description'),
      'Missing (or invalid type) string parameter signAlgoParams',
    )
  })

  it('refuses what is no PDF, journals why, and spends nothing', async () => {
    const SAD = await lateSad(site)
    const broken = documentEntry(Buffer.from('%PDF-1.7 and nothing else'), { signature_format: 'P' })
    const answer = await signDoc(service, late, SAD, broken)
    assert.equal(memberOf(answer.body, 'error_description'), 'Invalid array parameter documents')
    const event = (await service.ssa.journal(answer.requestId)).at(-1)
    assert.match(String(memberOf(event, 'detail')), /^PDF: /)
    membersIn(
      await signDoc(service, late, SAD, documentEntry(samplePdf(), { signature_format: 'P' })),
      'DocumentWithSignature',
    )
  })

  it('refuses an algorithm of millions of arcs in its own words, at once (W07)', async () => {
    const started = performance.now()
    const body = digestEntry([sha256(text)], { signAlgo: `1${'.1'.repeat(5_000_000)}` })
    const answer = await signDoc(service, account, 'x'.repeat(43), body)
    assert.equal(answer.status, 400)
    assert.equal(memberOf(answer.body, 'error_description'), 'Invalid parameter signAlgo')
    assert.ok(performance.now() - started < 10_000)
  })

  it('reads no PDF that costs much more than its length', async () => {
    const costly = documentEntry(predictedXref(63 * 1024 * 1024), { signature_format: 'P' })
    const { body, requestId } = await signDoc(service, late, 'x'.repeat(43), costly)
    assert.equal(memberOf(body, 'error_description'), 'Invalid array parameter documents')
    const event = (await service.ssa.journal(requestId)).at(-1)
    assert.equal(memberOf(event, 'detail'), 'PDF: too-complex')
  })
})
