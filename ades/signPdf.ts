import type { X509Certificate } from 'node:crypto'
import type { SignatureScheme } from '../sap/algorithms.ts'
import { assembleCms } from './cms/assembleCms.ts'
import { isSignatureOf, maximumSignatureLength } from './cms/signature.ts'
import { signedAttributes } from './cms/signedAttributes.ts'
import { PdfDocument } from './pdf/pdfDocument.ts'
import type { SignaturePlace } from './pdf/signatureField.ts'
import {
  signatureRevision,
  withContents,
  type RevisionInput,
  type SignatureRevision,
} from './pdf/signatureRevision.ts'
import { commonName } from './commonName.ts'
import { WrongSignature } from './wrongSignature.ts'

export interface PdfSignatureInput {
  readonly pdf: Buffer
  /** The signer's certificate first. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]]
  readonly scheme: SignatureScheme
  /** Claimed signing time, `/M`. */
  readonly time: Date
  /** Invisible, on the first page, if not given. */
  readonly place?: SignaturePlace | undefined
  /** What reading the PDF may cost beside its own length; 64 MiB if not given. */
  readonly freeBytes?: number
}

/** Holds nothing of the file itself. */
export interface PreparedPdf {
  /** What the key must sign: the digest of the CMS signed attributes, by `scheme.digest`. */
  readonly hash: Buffer
  /** Of the new revision without its `/Contents`, by `scheme.digest`: the message digest. */
  readonly messageDigest: Buffer
  /** DER of the SET OF Attribute. */
  readonly signedAttributes: Buffer
  readonly fieldName: string
  /** Names of the fields that still wait for a signature, the first of them. */
  readonly waitingFields: readonly string[]
  /** Of the file that was given, by `scheme.digest`: only to this one belongs what is appended. */
  readonly originalDigest: Buffer
  /** What is to be appended to the file. Throws WrongSignature. */
  complete(signature: Buffer): Buffer
}

/**
 * Prepares a PAdES baseline B-B signature (EN 319 142-1): the document's new revision, its digest, the signed
 * attributes and their hash. Throws PdfRefusal if the document cannot be signed safely.
 */
export function preparePdf(input: PdfSignatureInput): PreparedPdf {
  const { pdf, place, freeBytes } = input
  const document = new PdfDocument(pdf, freeBytes)
  return preparedFrom(signatureRevision({ document, place, ...revisionTerms(input) }), input)
}

/** What a revision depends on, beside the file and the place in it. */
export type RevisionTerms = Omit<RevisionInput, 'document' | 'place'>

export function revisionTerms({
  chain,
  scheme,
  time,
}: Pick<PdfSignatureInput, 'chain' | 'scheme' | 'time'>): RevisionTerms {
  const [certificate] = chain
  const { digest } = scheme
  const { der } = signedAttributes({ digest, messageDigest: Buffer.alloc(64), certificate })
  // The same structure with the longest signature is as long as the real one can become.
  const signature = Buffer.alloc(maximumSignatureLength(certificate))
  const longest = assembleCms({ signedAttributes: der, scheme, chain }, signature)
  return { time, contentsLength: longest.length, digest, signerName: commonName(certificate) }
}

/** The signature around a revision that was made by the terms of this very signer. */
export function preparedFrom(
  revision: SignatureRevision,
  { chain, scheme }: Pick<PdfSignatureInput, 'chain' | 'scheme'>,
): PreparedPdf {
  const [certificate] = chain
  const messageDigest = revision.digest
  const attributes = signedAttributes({ digest: scheme.digest, messageDigest, certificate })
  return {
    hash: attributes.digest,
    messageDigest,
    signedAttributes: attributes.der,
    fieldName: revision.fieldName,
    waitingFields: revision.waitingFields,
    originalDigest: revision.originalDigest,
    complete(signature) {
      if (!isSignatureOf(certificate, { scheme, signed: attributes.der, signature }))
        throw new WrongSignature('The signature does not belong to the certificate and the document.')
      const cms = assembleCms({ signedAttributes: attributes.der, scheme, chain }, signature)
      return withContents(revision, cms)
    },
  }
}
