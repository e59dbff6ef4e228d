import { X509Certificate as OpensslCertificate, type KeyObject } from 'node:crypto'
import { UNPRINTABLE } from '../../sap/codec.ts'
import type { CertificateSubject } from '../../sap/errors.ts'
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate,
  type Name,
} from './x509.ts'

/** Not an X.509 certificate in DER, or one whose parts contradict each other. */
export class CertificateUnreadable extends Error {
  override readonly name = 'CertificateUnreadable'
}

export interface Certificate {
  readonly der: Buffer
  /** DER SPKI. */
  readonly publicKey: Buffer
  /** First and last millisecond of the validity, since 1970. */
  readonly notBefore: number
  readonly notAfter: number
  /** What CSC's messages show: text that a SAP message can hold. */
  readonly subject: CertificateSubject
  /** DER of the names. */
  readonly subjectName: Buffer
  readonly issuerName: Buffer
  /** Hex, as in the certificate. */
  readonly serialNumber: string
  readonly isCa: boolean
  /** basicConstraints pathLenConstraint. */
  readonly pathLength: number | undefined
  /** Undefined where the certificate has no keyUsage. */
  readonly keyUsage: { readonly nonRepudiation: boolean; readonly keyCertSign: boolean } | undefined
  readonly criticalExtensions: readonly string[]
  /** Name of the digest under the issuer's signature, e.g. `SHA-256`; undefined where it is not known. */
  readonly signatureDigest: string | undefined
  /** The same certificate, for checks of its signature. */
  readonly openssl: OpensslCertificate
  readonly key: KeyObject
}

/** Reads a certificate in DER, and nothing after it. Throws CertificateUnreadable. */
export function readCertificate(der: Buffer): Certificate {
  try {
    return read(der)
  } catch (error) {
    if (error instanceof CertificateUnreadable) throw error
    throw new CertificateUnreadable('not a certificate', { cause: error })
  }
}

function read(der: Buffer): Certificate {
  const openssl = new OpensslCertificate(der)
  // Both readers take PEM as well, and OpenSSL ignores what follows.
  if (!openssl.raw.equals(der)) throw new CertificateUnreadable('not exactly one certificate in DER')
  const parsed = new X509Certificate(Uint8Array.from(der))
  const types = parsed.extensions.map((extension) => extension.type)
  if (new Set(types).size !== types.length)
    throw new CertificateUnreadable('an extension stands twice (RFC 5280 §4.2)')
  const constraints = parsed.extensions.find((extension) => extension instanceof BasicConstraintsExtension)
  return {
    der,
    publicKey: Buffer.from(parsed.publicKey.rawData),
    notBefore: parsed.notBefore.getTime(),
    // The last second counts to its end.
    notAfter: parsed.notAfter.getTime() + 999,
    subject: {
      organization: shown(parsed.subjectName, 'O'),
      commonName: shown(parsed.subjectName, 'CN'),
    },
    subjectName: Buffer.from(parsed.subjectName.toArrayBuffer()),
    issuerName: Buffer.from(parsed.issuerName.toArrayBuffer()),
    serialNumber: parsed.serialNumber,
    isCa: constraints?.ca ?? false,
    pathLength: constraints?.pathLength,
    keyUsage: keyUsageOf(parsed),
    criticalExtensions: parsed.extensions
      .filter((extension) => extension.critical)
      .map((extension) => extension.type),
    signatureDigest: signatureDigestOf(parsed),
    openssl,
    // Decoded here: a key that OpenSSL cannot read makes the certificate unreadable.
    key: openssl.publicKey,
  }
}

function keyUsageOf(parsed: X509Certificate): Certificate['keyUsage'] {
  const usages = parsed.extensions.find((extension) => extension instanceof KeyUsagesExtension)?.usages
  if (usages === undefined) return undefined
  return {
    nonRepudiation: (usages & KeyUsageFlags.nonRepudiation) !== 0,
    keyCertSign: (usages & KeyUsageFlags.keyCertSign) !== 0,
  }
}

function signatureDigestOf(parsed: X509Certificate): string | undefined {
  const { hash } = parsed.signatureAlgorithm as { hash?: { name?: unknown } } // the library leaves it out for some
  return typeof hash?.name === 'string' ? hash.name : undefined
}

const UNPRINTABLES = new RegExp(UNPRINTABLE, 'gu')
/** X.520 allows 64; in whole characters, so that no half of one is left. */
const MAX_SHOWN = 120

function shown(name: Name, field: string): string {
  const value = name.getField(field)[0] ?? ''
  return Array.from(value.replace(UNPRINTABLES, ' ')).slice(0, MAX_SHOWN).join('')
}
