import type { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import type { SignatureScheme } from '../sap/algorithms.ts'
import { writeAtomically } from './atomicFile.ts'
import { assembleCms } from './cms/assembleCms.ts'
import { isSignatureOf, maximumSignatureLength } from './cms/signature.ts'
import { signedAttributes } from './cms/signedAttributes.ts'
import { MAX_PDF_BYTES, PdfDocument } from './pdf/pdfDocument.ts'
import { PdfRefusal } from './pdf/pdfRefusal.ts'
import { signatureRevision } from './pdf/signatureRevision.ts'

export class WrongSignature extends Error {
  override readonly name = 'WrongSignature'
}

export interface PdfSignatureInput {
  readonly pdf: Buffer
  /** The signer's certificate first. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]]
  readonly scheme: SignatureScheme
  /** Claimed signing time, `/M`. */
  readonly time: Date
}

export interface PreparedPdf {
  /** What the key must sign: the digest of the CMS signed attributes, by `scheme.digest`. */
  readonly hash: Buffer
  readonly fieldName: string
  /** The signed file in parts, to be written one after the other. Throws WrongSignature. */
  complete(signature: Buffer): readonly Buffer[]
}

/**
 * Prepares a PAdES baseline B-B signature (EN 319 142-1): the document's new revision, its digest, the signed
 * attributes and their hash. Throws PdfRefusal if the document cannot be signed safely.
 */
export function preparePdf({ pdf, chain, scheme, time }: PdfSignatureInput): PreparedPdf {
  const [certificate] = chain
  const { digest } = scheme
  const attributesOf = (messageDigest: Buffer): ReturnType<typeof signedAttributes> =>
    signedAttributes({ digest, messageDigest, certificate })
  const cmsOf = (attributes: Buffer, signature: Buffer): Buffer =>
    assembleCms({ signedAttributes: attributes, scheme, chain }, signature)

  // The same structure with the longest signature is as long as the real one can become.
  const longest = cmsOf(attributesOf(Buffer.alloc(64)).der, Buffer.alloc(maximumSignatureLength(certificate)))
  const revision = signatureRevision({
    document: new PdfDocument(pdf),
    time,
    contentsLength: longest.length,
  })
  const attributes = attributesOf(revision.digest(digest))
  return {
    hash: attributes.digest,
    fieldName: revision.fieldName,
    complete(signature) {
      if (!isSignatureOf(certificate, { scheme, signed: attributes.der, signature }))
        throw new WrongSignature('The signature does not belong to the certificate and the document.')
      return revision.withContents(cmsOf(attributes.der, signature))
    },
  }
}

/** Gets one signature for each hash, in the same order, from wherever the key is. */
export type HashSigner = (hashes: readonly Buffer[]) => Promise<readonly Buffer[]>

export interface SignPdfDeps {
  readonly now: () => Date
  readonly signHashes: HashSigner
}

export interface SignPdfInput extends Pick<PdfSignatureInput, 'chain' | 'scheme'> {
  readonly inputFile: string
  /** Written only when all went well, then at once. */
  readonly outputFile: string
}

/** Signs a file. Throws PdfRefusal, WrongSignature, and what `signHashes` throws; then nothing is written. */
export async function signPdf(
  deps: SignPdfDeps,
  input: SignPdfInput,
): Promise<{ readonly fieldName: string }> {
  const pdf = await readPdf(input.inputFile)
  const prepared = preparePdf({ ...input, pdf, time: deps.now() })
  const [signature] = await deps.signHashes([prepared.hash])
  if (signature === undefined) throw new WrongSignature('The service returned no signature.')
  await writeAtomically(input.outputFile, prepared.complete(signature))
  return { fieldName: prepared.fieldName }
}

async function readPdf(path: string): Promise<Buffer> {
  const { size } = await stat(path)
  if (size > MAX_PDF_BYTES) throw new PdfRefusal('too-large', 'The PDF is larger than 1 GiB.')
  return readFile(path)
}
