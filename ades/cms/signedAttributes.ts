import { createHash, type X509Certificate } from 'node:crypto'
import type { DigestName } from '../../sap/algorithms.ts'
import { digestAlgorithmIdentifier } from './algorithmIdentifier.ts'
import { octetString, oid, sequence, setOf, time } from './der.ts'

export const ID_DATA = '1.2.840.113549.1.7.1'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const SIGNING_TIME = '1.2.840.113549.1.9.5'
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47'

export interface SignedAttributesInput {
  readonly digest: DigestName
  /** Digest of the signed bytes, by `digest`. */
  readonly messageDigest: Buffer
  readonly certificate: X509Certificate
  /** For CAdES, which wants it (EN 319 122-1 §6.3); a PDF has `/M` instead. */
  readonly signingTime?: Date
}

export interface SignedAttributes {
  /** DER of the SET OF Attribute. */
  readonly der: Buffer
  /** Digest of `der`: what the key signs. */
  readonly digest: Buffer
}

/**
 * The attributes of a baseline signature: content-type, message-digest and signing-certificate-v2, for CAdES
 * signing-time as well; PAdES (EN 319 142-1 §6.3) forbids that.
 */
export function signedAttributes(input: SignedAttributesInput): SignedAttributes {
  const { digest, messageDigest, certificate, signingTime } = input
  const der = setOf(
    attribute(CONTENT_TYPE, oid(ID_DATA)),
    attribute(MESSAGE_DIGEST, octetString(messageDigest)),
    ...(signingTime === undefined ? [] : [attribute(SIGNING_TIME, time(signingTime))]),
    attribute(SIGNING_CERTIFICATE_V2, signingCertificate(digest, certificate)),
  )
  return { der, digest: createHash(digest).update(der).digest() }
}

function attribute(type: string, value: Buffer): Buffer {
  return sequence(oid(type), setOf(value))
}

/** SigningCertificateV2 with one ESSCertIDv2 (RFC 5035 §3); DER leaves its default, SHA-256, out. */
function signingCertificate(digest: DigestName, certificate: X509Certificate): Buffer {
  const hash = octetString(createHash(digest).update(certificate.raw).digest())
  const certificateId = digest === 'sha256' ? [hash] : [digestAlgorithmIdentifier(digest), hash]
  return sequence(sequence(sequence(...certificateId)))
}
