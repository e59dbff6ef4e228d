import { authorize } from '../../acts/authorize.ts'
import { cmsIsBaseline, cmsOf, cmsVerifies, readCms } from '../../acts/cms.ts'
import { newDocuments } from '../../acts/documents.ts'
import { opensslAgrees } from '../../acts/openssl.ts'
import { signatureIn } from '../../acts/pdf.ts'
import { post } from '../../acts/post.ts'
import { pss, PSS, schemeOf, usualHash } from '../../acts/schemes.ts'
import { credential } from '../../acts/credential.ts'
import { anyFormat, docsSigned, prepareDocs, SIGN_DOC, signDocBody, withEntry } from '../../acts/signDoc.ts'
import { signPdf } from '../../acts/signPdf.ts'
import { casesOf, rule } from '../../case.ts'
import { answered, holds } from '../../expect.ts'
import { at, listAt } from '../../json.ts'
import { NotRun } from '../../outcome.ts'

export const SIGN_DOC_SECTION = { version: 'v2', method: SIGN_DOC, clause: '11.11' } as const

export const signDoc = casesOf(SIGN_DOC_SECTION, [
  rule({
    name: 'cades-digest',
    rule: 'The digest of a document, asked for as detached CAdES, gives a CMS that verifies over the document.',
    run: async (trial) => {
      const prepared = await prepareDocs(trial, { format: 'C', envelope: 'Detached' })
      const [cms = Buffer.of()] = await docsSigned(trial, prepared)
      await opensslAgrees(trial, cms, prepared.documents[0]?.data ?? Buffer.of())
    },
  }),
  rule({
    name: 'cades-digests-order',
    rule: 'Several digests in one entry give as many signatures, in the order of the digests.',
    run: async (trial) => {
      await docsSigned(trial, await prepareDocs(trial, { format: 'C', envelope: 'Detached', count: 3 }))
    },
  }),
  rule({
    name: 'cades-entries-order',
    rule: 'Several entries give their signatures in the order of the entries.',
    run: async (trial) => {
      const prepared = await prepareDocs(trial, { format: 'C', envelope: 'Detached', count: 3 })
      const [entry] = listAt(prepared.body, 'documentDigests')
      const documentDigests = prepared.documents.map(({ hash }) =>
        Object.assign({}, entry, { hashes: [hash] }),
      )
      await docsSigned(trial, { ...prepared, body: { ...prepared.body, documentDigests } })
    },
  }),
  rule({
    name: 'cades-document-attached',
    rule: 'A document, asked for as attached CAdES, comes back whole inside the CMS, in `DocumentWithSignature`.',
    run: async (trial) => {
      const wish = { format: 'C', sends: 'documents', envelope: 'Attached', count: 2 } as const
      const { credential: one, documents, body } = await prepareDocs(trial, wish)
      const made = listAt(
        answered(await post(trial, SIGN_DOC, body, { as: one.user })),
        'DocumentWithSignature',
      )
      holds(made.length === documents.length, `2 documents were sent, ${made.length} came back`)
      documents.forEach(({ data }, index) => {
        const cms = readCms(made[index])
        holds(cms.content?.equals(data) === true, 'what the CMS encloses is not the document that was sent')
        cmsVerifies(cms, data, one.certificate)
        cmsIsBaseline(cms, one.certificate)
      })
    },
  }),
  rule({
    name: 'cades-document-detached',
    rule: 'A document, asked for as detached CAdES, gives a CMS without it, in `SignatureObject`.',
    run: async (trial) => {
      await docsSigned(
        trial,
        await prepareDocs(trial, { format: 'C', sends: 'documents', envelope: 'Detached' }),
      )
    },
  }),
  rule({
    name: 'pades-digest',
    rule: 'The digest of a PDF’s byte range, asked for as PAdES, gives a CMS in `SignatureObject` that fits into the PDF.',
    run: async (trial) => {
      const prepared = await prepareDocs(trial, { format: 'P' })
      const [bytes = Buffer.of()] = await docsSigned(trial, prepared)
      const hasTime = at(cmsOf(bytes).signer, 'signedAttrs/attributes')
      const types = (Array.isArray(hasTime) ? hasTime : []).map((one: unknown) => at(one, 'type'))
      holds(
        !types.includes(SIGNING_TIME),
        'a PAdES signature must not have the signed attribute signing-time',
      )
      await opensslAgrees(trial, bytes, prepared.documents[0]?.data ?? Buffer.of())
    },
  }),
  rule({
    name: 'pades-document',
    rule: 'A PDF, asked for as PAdES, comes back with a signature over the whole file that verifies, in `DocumentWithSignature`.',
    run: async (trial) => {
      const { pdf, signedPdf, credential: one } = await signPdf(trial)
      const { content, cms } = signatureIn(signedPdf)
      const read = cmsOf(cms)
      cmsVerifies(read, content, one.certificate)
      cmsIsBaseline(read, one.certificate)
      if (!signedPdf.subarray(0, pdf.length).equals(pdf))
        trial.warn('the PDF was written anew, not as an incremental update: earlier signatures would be lost')
    },
  }),
  rule({
    name: 'rsa-pkcs1',
    rule: 'An RSA key signs a document with PKCS#1 v1.5 when `signAlgo` says so.',
    run: async (trial) => {
      await docsSigned(trial, await prepareDocs(trial, { key: 'RSA' }))
    },
  }),
  rule({
    name: 'rsa-pss',
    rule: 'An RSA key signs a document with RSASSA-PSS when `signAlgo` and its parameters say so.',
    attacks: ['H07'],
    run: async (trial) => {
      const { algos } = await credential(trial, { key: 'RSA' })
      if (!algos.includes(PSS)) throw new NotRun(`an RSA key whose list of algorithms has ${PSS}`)
      const prepared = await prepareDocs(trial, { key: 'RSA', scheme: pss('sha256') })
      const [bytes = Buffer.of()] = await docsSigned(trial, prepared)
      const made = cmsOf(bytes).signer.signatureAlgorithm.algorithmId
      holds(made === PSS, `RSASSA-PSS was asked for, the CMS says ${made}`)
    },
  }),
  rule({
    name: 'ecdsa',
    rule: 'An EC key signs a document; the CMS holds the signature as DER, as CMS demands.',
    attacks: ['H10'],
    run: async (trial) => {
      await docsSigned(trial, await prepareDocs(trial, { key: 'EC' }))
    },
  }),
  rule({
    name: 'level-default',
    level: 'SHOULD',
    rule: 'Without `conformance_level` a document is signed at AdES-B-B, the default.',
    run: async (trial) => {
      const prepared = await prepareDocs(trial)
      const body = withEntry(prepared, { conformance_level: undefined })
      await docsSigned(trial, { ...prepared, body })
    },
  }),
  rule({
    name: 'spelling-of-levels',
    level: 'MAY',
    rule: 'The text spells the levels both `AdES-` and `Ades-`: a service may take either.',
    run: async (trial) => {
      const prepared = await prepareDocs(trial)
      const body = withEntry(prepared, { conformance_level: 'Ades-B-B' })
      await docsSigned(trial, { ...prepared, body })
    },
  }),
  rule({
    name: 'no-validation-info-unasked',
    rule: 'Without `returnValidationInfo` there is no `validationInfo`.',
    run: async (trial) => {
      const { body, credential: one } = await prepareDocs(trial)
      const given = answered(await post(trial, SIGN_DOC, body, { as: one.user }))
      holds(at(given, 'validationInfo') === undefined, 'validationInfo came that nobody asked for')
    },
  }),
  rule({
    name: 'documents-and-digests-of-one-authorization',
    rule: 'A SAD over two hashes signs a digest now and a document later: each hash once, until all are used.',
    attacks: ['S08'],
    run: async (trial) => {
      const format = await anyFormat(trial)
      const one = await credential(trial, { multisign: 2 })
      const scheme = schemeOf(one, usualHash(one))
      const both = newDocuments(2, scheme.hash)
      const sad = await authorize(trial, one, both)
      for (const documents of both.map((document) => [document])) {
        const authorized = { credential: one, documents, scheme, format, sad }
        await docsSigned(trial, { ...authorized, body: await signDocBody(trial, authorized) })
      }
    },
  }),
])

const SIGNING_TIME = '1.2.840.113549.1.9.5'
