import { createHash } from 'node:crypto'
import { readForm } from './form.ts'
import { incrementOf, referenceSyntax } from './increment.ts'
import type { PdfDocument } from './pdfDocument.ts'
import { permissionsOf } from './permissions.ts'
import { fillField, type SignaturePlace } from './signatureField.ts'
import { byteRangeNumbers, signatureValue } from './signatureValue.ts'
import { Updates } from './updates.ts'
import { namesOf, waitingFields } from './waitingFields.ts'

export interface RevisionInput {
  readonly document: PdfDocument
  /** Claimed signing time, `/M`. */
  readonly time: Date
  /** Bytes that the CMS may take. */
  readonly contentsLength: number
  /** Of the signature, such as `sha256`. */
  readonly digest: string
  /** Invisible, on the first page, if not given. */
  readonly place?: SignaturePlace | undefined
  /** Shown by a visible signature. */
  readonly signerName: string
}

/**
 * A new revision of a PDF with a signature whose `/Contents` is still empty (EN 319 142-1, ISO 32000-2 §12.8). It holds
 * what is to be appended to the file, not the file; and nothing but values, so that one thread can hand it to another.
 */
export interface SignatureRevision {
  readonly fieldName: string
  /** Names of the fields that still wait for a signature, the first of them. */
  readonly waitingFields: readonly string[]
  /** Of the file as it was. */
  readonly originalDigest: Buffer
  /** Of all bytes except the `/Contents` string with its angle brackets. */
  readonly digest: Buffer
  /** What is to be appended, without the signature. */
  readonly increment: Buffer
  /** Where the `/Contents` string is in it, with its angle brackets. */
  readonly contentsAt: number
  /** Bytes that the CMS may take. */
  readonly contentsLength: number
}

/** Prepares a signature. Throws PdfRefusal if the document cannot be signed safely. */
export function signatureRevision(input: RevisionInput): SignatureRevision {
  const { document, time, contentsLength, digest, place = { kind: 'invisible' }, signerName } = input
  const form = readForm(document)
  const permissions = permissionsOf(document, form)
  const updates = new Updates(document)
  const signature = updates.reserve()
  const field = fillField(updates, {
    document,
    form,
    permissions,
    place,
    signature: referenceSyntax(signature),
    signerName,
    time,
    digest,
  })
  const value = signatureValue({ time, contentsLength, references: field.references })
  updates.add(value.body, signature)
  const { bytes, bodyAt } = incrementOf(document, updates.objects())

  const valueAt = (bodyAt.get(signature.number) ?? 0) - document.bytes.length
  const gapAt = valueAt + value.contentsAt - 1
  const gapEnd = gapAt + 2 * contentsLength + 2
  const range = [document.bytes.length + gapAt, document.bytes.length + gapEnd, bytes.length - gapEnd]
  bytes.write(byteRangeNumbers(range), valueAt + value.byteRangeAt, 'latin1')

  const original = createHash(digest).update(document.bytes)
  const covered = original.copy().update(bytes.subarray(0, gapAt)).update(bytes.subarray(gapEnd))
  return {
    fieldName: field.name,
    waitingFields: namesOf(waitingFields(document, form)).filter((name) => name !== field.name),
    originalDigest: original.digest(),
    digest: covered.digest(),
    increment: bytes,
    contentsAt: gapAt,
    contentsLength,
  }
}

/** What is to be appended, signed. Throws RangeError if the CMS is too long. */
export function withContents(revision: SignatureRevision, cms: Buffer): Buffer {
  if (cms.length > revision.contentsLength) throw new RangeError('the CMS is longer than the place for it')
  const signed = Buffer.from(revision.increment)
  signed.write(cms.toString('hex'), revision.contentsAt + 1, 'latin1')
  return signed
}
