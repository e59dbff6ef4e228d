import type { DocumentToSign } from '../../csc/signatures/prepareDocument.ts'
import { CscError } from '../../domain/errors.ts'
import { bytesOf, digestsOf, parametersOf } from '../bodies.ts'
import type * as wire from './contract.d.ts'

/** What a signDoc request asks for, in the order in which it is answered. */
export interface DocumentsAsked {
  readonly documents: readonly DocumentToSign[]
  readonly signAlgorithm: string
  readonly hashAlgorithm: string | undefined
  readonly signAlgorithmParameters: Buffer | undefined
}

type DigestEntry = NonNullable<wire.SignDocRequest['documentDigests']>[number]
type DocumentEntry = NonNullable<wire.SignDocRequest['documents']>[number]

/** Hashes of one request, at most: as many as one authorization may have. */
const MAX_DOCUMENTS = 1000

/**
 * Reads `documentDigests` or `documents`. Throws CscError in the words of CSC API v2.0.0.2 §11.11; Refusal
 * `digest_length_invalid`, `sign_parameters_invalid`.
 */
export function documentsAsked(body: wire.SignDocRequest): DocumentsAsked {
  const { documentDigests = [], documents = [] } = body
  const entries = [...documentDigests, ...documents]
  const [first] = entries
  if (first === undefined) throw invalid('Empty documentDigests and documents objects')
  if (documentDigests.length > 0 && documents.length > 0)
    throw invalid('Both documentDigests and documents parameters passed')
  for (const entry of entries) requireNoProperties(entry)
  const found = [...documentDigests.flatMap(digestsOfEntry), ...documents.map(documentOfEntry)]
  if (found.length > MAX_DOCUMENTS) throw invalid('Invalid object parameter documentDigests')
  return { documents: found, ...algorithmOf(first, entries, body.hashAlgorithmOID) }
}

function invalid(description: string): CscError {
  return new CscError('invalid_request', description)
}

/** There is no attribute that a client may add: the SAM signs the baseline's own and no other. */
function requireNoProperties({ signed_props: properties = [] }: DigestEntry | DocumentEntry): void {
  if (properties.length === 0) return
  const names = properties.map(({ attribute_name: name }) =>
    /^[A-Za-z0-9.-]{1,64}$/.test(name) ? name : '?',
  )
  throw invalid(`Invalid parameter signed_props (${names.join(', ')})`)
}

/** One key signs in one way: a request with two algorithms is two requests. */
function algorithmOf(
  first: DigestEntry | DocumentEntry,
  entries: readonly (DigestEntry | DocumentEntry)[],
  hashAlgorithmOID: string | undefined,
): Omit<DocumentsAsked, 'documents'> {
  const hashAlgorithmOf = (entry: DigestEntry | DocumentEntry): string | undefined =>
    ('hashAlgorithmOID' in entry ? entry.hashAlgorithmOID : undefined) ?? hashAlgorithmOID
  const isOther = (entry: DigestEntry | DocumentEntry): boolean =>
    entry.signAlgo !== first.signAlgo ||
    entry.signAlgoParams !== first.signAlgoParams ||
    hashAlgorithmOf(entry) !== hashAlgorithmOf(first)
  if (entries.some(isOther)) throw invalid('Invalid parameter signAlgo')
  return {
    signAlgorithm: first.signAlgo,
    hashAlgorithm: hashAlgorithmOf(first),
    signAlgorithmParameters: parametersOf(first.signAlgoParams),
  }
}

/** The document stays with the client: a PDF that it prepared may be for any property, a CAdES signature is detached. */
function digestsOfEntry(entry: DigestEntry): readonly DocumentToSign[] {
  const { signature_format: format, signed_envelope_property: property } = entry
  if (format === 'P') requireProperty(property, ['Certification', 'Revision'])
  else requireProperty(property, ['Detached'])
  return digestsOf(entry.hashes).map((digest) => ({
    kind: 'digest',
    format: format === 'P' ? 'pades' : 'cades',
    digest,
  }))
}

function documentOfEntry(entry: DocumentEntry): DocumentToSign {
  // What is needed beside the document to make its representation (v2.1): of none that is signed here.
  if (entry.circumstantialData !== undefined) throw invalid('Invalid parameter circumstantialData')
  const bytes = bytesOf(entry.document)
  const { signature_format: format, signed_envelope_property: property } = entry
  if (format === 'P') {
    requireProperty(property, ['Revision'])
    return { kind: 'pdf', bytes }
  }
  requireProperty(property, ['Attached', 'Detached'])
  return { kind: 'file', bytes, isAttached: property !== 'Detached' }
}

function requireProperty(given: string | undefined, known: readonly string[]): void {
  if (given !== undefined && !known.includes(given))
    throw invalid('Invalid parameter signed_envelope_property')
}
