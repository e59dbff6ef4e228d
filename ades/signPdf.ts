import type { X509Certificate } from 'node:crypto'
import type { SignatureScheme } from '../sap/algorithms.ts'
import { assembleCms } from './cms/assembleCms.ts'
import { isSignatureOf, maximumSignatureLength } from './cms/signature.ts'
import { signedAttributes } from './cms/signedAttributes.ts'
import { PdfDocument } from './pdf/pdfDocument.ts'
import type { SignaturePlace } from './pdf/signatureField.ts'
import { signatureRevision } from './pdf/signatureRevision.ts'
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
  const { pdf, chain, scheme, time, place, freeBytes } = input
  const [certificate] = chain
  const { digest } = scheme
  const attributesOf = (messageDigest: Buffer): ReturnType<typeof signedAttributes> =>
    signedAttributes({ digest, messageDigest, certificate })
  const cmsOf = (attributes: Buffer, signature: Buffer): Buffer =>
    assembleCms({ signedAttributes: attributes, scheme, chain }, signature)

  // The same structure with the longest signature is as long as the real one can become.
  const longest = cmsOf(attributesOf(Buffer.alloc(64)).der, Buffer.alloc(maximumSignatureLength(certificate)))
  const revision = signatureRevision({
    document: new PdfDocument(pdf, freeBytes),
    time,
    contentsLength: longest.length,
    digest,
    place,
    signerName: commonName(certificate),
  })
  const attributes = attributesOf(revision.digest)
  return {
    hash: attributes.digest,
    messageDigest: revision.digest,
    signedAttributes: attributes.der,
    fieldName: revision.fieldName,
    waitingFields: revision.waitingFields,
    originalDigest: revision.originalDigest,
    complete(signature) {
      if (!isSignatureOf(certificate, { scheme, signed: attributes.der, signature }))
        throw new WrongSignature('The signature does not belong to the certificate and the document.')
      return revision.withContents(cmsOf(attributes.der, signature))
    },
  }
}
