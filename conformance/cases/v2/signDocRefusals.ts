import { altered } from '../../acts/altered.ts'
import { without, type Body } from '../../acts/authorize.ts'
import { newDocument } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { PSS, RSA } from '../../acts/schemes.ts'
import { prepareDocs, SIGN_DOC, withEntry, type DocPreparation } from '../../acts/signDoc.ts'
import { casesOf, row, rule, rowOf, type CaseIn } from '../../case.ts'
import { answered, holds, refusedAsOneOf } from '../../expect.ts'
import { listAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import { shown } from '../../wire/answer.ts'
import { callerCases } from '../common/callerCases.ts'
import { requireAsynchronous } from '../../acts/asynchronous.ts'
import { SIGN_DOC_SECTION } from './signDoc.ts'

/** The rows of the table whose fault is in the request itself. */
export const signDocRefusals = casesOf(SIGN_DOC_SECTION, [
  ...callerCases(async (trial) => (await prepareDocs(trial)).body),
  withBody('sad-missing', 'Without a SAD no document is signed.', (body) => without(body, 'SAD')),
  withBody('sad-invalid', 'A SAD that was never given out is refused.', (body) => ({
    ...body,
    SAD: altered(String(body['SAD'])),
  })),
  withBody('credential-missing', 'Without credentialID and signatureQualifier no key is named.', (body) =>
    without(body, 'credentialID'),
  ),
  withBody('credential-invalid', 'A credential that does not exist is refused.', (body) => ({
    ...body,
    credentialID: altered(String(body['credentialID'])),
  })),
  withBody('digests-invalid', 'documentDigests is a list of objects: a text is refused.', (body) => ({
    ...without(body, 'documents'),
    documentDigests: 'digests',
  })),
  withBody('documents-invalid', 'documents is a list of objects: a text is refused.', (body) => ({
    ...without(body, 'documentDigests'),
    documents: 'document',
  })),
  withBody('nothing-to-sign', 'Without digests and documents there is nothing to sign.', (body) => ({
    ...without(body, 'documentDigests'),
    documentDigests: [],
  })),
  rule({
    name: 'both-given',
    row: 'both-given',
    rule: 'Digests and documents in one request: the table refuses them, the sample of the text has both signed. Either is right.',
    run: async (trial) => {
      const prepared = await prepareDocs(trial, { count: 2, format: 'C' })
      const [first, second] = prepared.documents
      if (first === undefined || second === undefined) throw new Error('two documents were prepared')
      const [entry] = listAt(prepared.body, 'documentDigests')
      const common = without(Object.assign({}, entry), 'hashes', 'hashAlgorithmOID')
      const answer = await post(trial, SIGN_DOC, {
        ...withEntry(prepared, { hashes: [first.hash] }),
        documents: [{ ...common, document: second.data.toString('base64') }],
      })
      if (answer.status !== 200) {
        refusedAsOneOf(trial, answer, [rowOf(trial, SIGN_DOC, 'both-given')])
        return
      }
      const body = answered(answer)
      const made = listAt(body, 'SignatureObject').length + listAt(body, 'DocumentWithSignature').length
      holds(made === 2, `a digest and a document were sent, ${made} signatures came back`)
      trial.note('seen: both are signed')
    },
  }),
  withEntryChange(
    'hashes-no-base64',
    'Each digest is standard base64.',
    { hashes: ['!not base64!'] },
    'digests',
  ),
  withEntryChange(
    'documents-no-base64',
    'Each document is standard base64.',
    { document: '!not base64!' },
    'documents',
  ),
  rule({
    name: 'not-authorized',
    row: 'not-authorized',
    rule: 'A document whose hash was not authorized is not signed: 400, or 403, for two rows speak of it.',
    attacks: ['S07'],
    run: async (trial) => {
      const prepared = await prepareDocs(trial, { format: 'C', sends: 'documents' })
      const document = newDocument().data.toString('base64')
      const answer = await post(trial, SIGN_DOC, withEntry(prepared, { document }))
      refusedAsOneOf(
        trial,
        answer,
        ['not-authorized', 'hash-mismatch'].map((name) => rowOf(trial, SIGN_DOC, name)),
      )
    },
  }),
  rule({
    name: 'hash-mismatch',
    row: 'hash-mismatch',
    rule: 'A digest that was not authorized is not signed: 403, or 400, for two rows speak of it.',
    attacks: ['S07'],
    run: async (trial) => {
      const prepared = await prepareDocs(trial)
      const { hash } = newDocument(prepared.scheme.hash)
      const answer = await post(trial, SIGN_DOC, withEntry(prepared, { hashes: [hash] }))
      refusedAsOneOf(
        trial,
        answer,
        ['hash-mismatch', 'not-authorized'].map((name) => rowOf(trial, SIGN_DOC, name)),
      )
    },
  }),
  withEntryChange('sign-algorithm-missing', 'Each entry says with which algorithm it is signed.', {
    signAlgo: undefined,
  }),
  row({
    row: 'parameters-missing',
    rule: 'RSASSA-PSS needs its parameters.',
    send: async (trial) => {
      const prepared = await prepareDocs(trial, { key: 'RSA' })
      if (!prepared.credential.algos.includes(PSS)) throw new NotOffered(`the RSA key does not list ${PSS}`)
      return post(trial, SIGN_DOC, withEntry(prepared, { signAlgo: PSS }))
    },
  }),
  rule({
    name: 'hash-algorithm-contradicts',
    row: 'hash-algorithm-contradicts',
    rule: 'A hash algorithm that contradicts signAlgo is an error. The digest then fits one of the two only, so its length may be named, too.',
    attacks: ['H02'],
    run: async (trial) => {
      const prepared = await prepareDocs(trial)
      const other = prepared.scheme.hash === 'sha512' ? SHA256 : SHA512
      const answer = await post(trial, SIGN_DOC, withEntry(prepared, { hashAlgorithmOID: other }))
      refusedAsOneOf(
        trial,
        answer,
        ['hash-algorithm-contradicts', 'digest-length'].map((name) => rowOf(trial, SIGN_DOC, name)),
      )
    },
  }),
  row({
    row: 'hash-algorithm-invalid',
    rule: 'Where the hash algorithm counts, it must be one that the service has.',
    attacks: ['H04', 'H15'],
    send: async (trial) => {
      const prepared = await prepareDocs(trial, { key: 'RSA' })
      if (!prepared.credential.algos.includes(RSA)) throw new NotOffered(`the RSA key does not list ${RSA}`)
      return post(trial, SIGN_DOC, withEntry(prepared, { signAlgo: RSA, hashAlgorithmOID: '1.2.3.4.5' }))
    },
  }),
  withEntryChange(
    'sign-algorithm-invalid',
    'An algorithm that nobody knows is refused.',
    { signAlgo: '1.2.3.4.5' },
    'digests',
    ['H15'],
  ),
  withEntryChange('format-invalid', 'signature_format is C, X, P or J.', { signature_format: 'Q' }),
  withEntryChange(
    'format-missing',
    'A document needs its signature_format.',
    { signature_format: undefined },
    'documents',
  ),
  withEntryChange('level-invalid', 'conformance_level is one of the levels of the text.', {
    conformance_level: 'AdES-B-Z',
  }),
  withEntryChange('envelope-invalid', 'signed_envelope_property is one of those of its format.', {
    signed_envelope_property: 'Wrapped',
  }),
  withEntryChange(
    'signed-props-invalid',
    'An attribute that the service cannot sign is refused by its name.',
    {
      signed_props: [{ attribute_name: 'no-such-attribute', attribute_value: 'BAA=' }],
    },
  ),
  withBody('mode-invalid', 'operationMode is S or A.', (body) => ({ ...body, operationMode: 'Q' })),
  asynchronously('period-invalid', 'validity_period is a whole number of milliseconds.', {
    validity_period: 'soon',
  }),
  asynchronously('period-out-of-bounds', 'A validity_period beyond all bounds is refused.', {
    validity_period: 1e15,
  }),
  asynchronously('response-uri-invalid', 'response_uri is a URI.', { response_uri: 'nowhere at all' }),
  withBody('client-data-invalid', 'clientData is a text.', (body) => ({ ...body, clientData: 17 })),
  rule({
    name: 'digest-length',
    row: 'digest-length',
    rule: 'A digest of the wrong length is refused: for its length, or because nobody could authorize it.',
    attacks: ['H01'],
    run: async (trial) => {
      const prepared = await prepareDocs(trial)
      const short = Buffer.from(prepared.documents[0]?.hash ?? '', 'base64').subarray(1)
      const answer = await post(trial, SIGN_DOC, withEntry(prepared, { hashes: [short.toString('base64')] }))
      refusedAsOneOf(
        trial,
        answer,
        ['digest-length', 'not-authorized', 'hash-mismatch'].map((name) => rowOf(trial, SIGN_DOC, name)),
      )
    },
  }),
  rule({
    name: 'algorithm-of-another-kind-of-key',
    rule: 'An algorithm of another kind of key than the credential’s is refused.',
    attacks: ['H05'],
    run: async (trial) => {
      const prepared = await prepareDocs(trial, { key: 'EC' })
      const answer = await post(trial, SIGN_DOC, withEntry(prepared, { signAlgo: '1.2.840.113549.1.1.11' }))
      holds(answer.status === 400, `expected 400, got ${shown(answer)}`)
    },
  }),
])

const SHA256 = '2.16.840.1.101.3.4.2.1'
const SHA512 = '2.16.840.1.101.3.4.2.3'

/** A row for a request of which one member is wrong. */
function withBody(name: string, text: string, change: (body: Body) => Body): CaseIn {
  return row({
    row: name,
    rule: text,
    send: async (trial) => post(trial, SIGN_DOC, change((await prepareDocs(trial)).body)),
  })
}

/** A row for an entry of which one member is wrong. */
function withEntryChange(
  name: string,
  text: string,
  change: Body,
  sends: DocPreparation['sends'] = 'digests',
  attacks: readonly string[] = [],
): CaseIn {
  return row({
    row: name,
    rule: text,
    attacks,
    send: async (trial) => post(trial, SIGN_DOC, withEntry(await prepareDocs(trial, { sends }), change)),
  })
}

/** A row for a request in mode A of which one member is wrong. */
function asynchronously(name: string, text: string, change: Body): CaseIn {
  return row({
    row: name,
    rule: text,
    send: async (trial) => {
      await requireAsynchronous(trial)
      return post(trial, SIGN_DOC, { ...(await prepareDocs(trial)).body, operationMode: 'A', ...change })
    },
  })
}
