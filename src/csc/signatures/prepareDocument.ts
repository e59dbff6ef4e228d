import { createHash, X509Certificate } from 'node:crypto'
import type { SignatureRevision } from '../../../ades/pdf/signatureRevision.ts'
import { prepareCms } from '../../../ades/prepareCms.ts'
import { preparedFrom } from '../../../ades/signPdf.ts'
import type { SignatureScheme } from '../../../sap/algorithms.ts'
import type { SignatureFormat } from '../../../sap/operations.ts'
import type { Credential } from '../../domain/credential.ts'

/** What one signature is for. */
export type DocumentToSign =
  /** A digest of a document that stays with the client; for PAdES, of the byte range that it prepared. */
  | { readonly kind: 'digest'; readonly format: SignatureFormat; readonly digest: Buffer }
  /** Any file, for CAdES: beside the signature or inside it. */
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly isAttached: boolean }
  | PdfToSign

/** A PDF, which gets a new revision with an invisible signature. */
export interface PdfToSign {
  readonly kind: 'pdf'
  readonly bytes: Buffer
}

/** A document, and of a PDF its new revision. */
export type DocumentRead =
  Exclude<DocumentToSign, PdfToSign> | (PdfToSign & { readonly revision: SignatureRevision })

export interface PreparedDocument {
  readonly format: SignatureFormat
  /** What the SAD must authorize. */
  readonly digest: Buffer
  readonly signedAttributes: Buffer
  /** Whether what comes out holds the document. */
  readonly isEnveloping: boolean
  /** Throws if the signature is not over the attributes. */
  readonly complete: (signature: Buffer) => Buffer
}

export interface Signing {
  readonly credential: Credential
  readonly scheme: SignatureScheme
  readonly time: Date
}

/** Builds the signed attributes and what goes around them. */
export function prepareDocument(document: DocumentRead, signing: Signing): PreparedDocument {
  switch (document.kind) {
    case 'digest':
      return prepareDigest(document.digest, document.format, undefined, signing)
    case 'file': {
      const digest = createHash(signing.scheme.digest).update(document.bytes).digest()
      return prepareDigest(digest, 'cades', document.isAttached ? document.bytes : undefined, signing)
    }
    case 'pdf':
      return preparedPdf(document, signing)
  }
}

function prepareDigest(
  digest: Buffer,
  format: SignatureFormat,
  content: Buffer | undefined,
  { credential, scheme, time }: Signing,
): PreparedDocument {
  const signingTime = format === 'cades' ? time : undefined
  const cms = prepareCms({ chain: chainOf(credential), scheme, messageDigest: digest, signingTime, content })
  const { signedAttributes } = cms
  return {
    ...{ format, digest, signedAttributes },
    isEnveloping: content !== undefined,
    complete: (signature) => cms.complete(signature),
  }
}

function preparedPdf(
  { bytes, revision }: Extract<DocumentRead, PdfToSign>,
  { credential, scheme }: Signing,
): PreparedDocument {
  const prepared = preparedFrom(revision, { chain: chainOf(credential), scheme })
  return {
    format: 'pades',
    digest: prepared.messageDigest,
    signedAttributes: prepared.signedAttributes,
    isEnveloping: true,
    complete: (signature) => Buffer.concat([bytes, prepared.complete(signature)]),
  }
}

export function chainOf({ chain }: Credential): readonly [X509Certificate, ...X509Certificate[]] {
  const [first, ...rest] = chain.map((der) => new X509Certificate(der))
  if (first === undefined) throw new Error('a credential without a certificate')
  return [first, ...rest]
}
