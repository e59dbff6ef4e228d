import type { FactorExpression } from '../../sap/factorExpression.ts'
import { KEY_TYPES, signatureAlgorithmsOf, type KeyTypeName } from '../../sap/algorithms.ts'

export type FactorKind = 'pin' | 'otp' | 'totp'

/** What `credentials/info` shows of a certificate. */
export interface CertificateInfo {
  /** RFC 4514. */
  readonly issuerDn: string
  readonly subjectDn: string
  /** Hex, upper case. */
  readonly serialNumber: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
  /** OIDs. */
  readonly policies: readonly string[]
  /** OIDs of the statements (RFC 3739 §3.2.6). */
  readonly qcStatements: readonly string[]
}

/** A credential as the SAM tells it, with its certificate read. One without a certificate does not exist here. */
export interface Credential {
  readonly id: string
  readonly description: string
  readonly state: 'ACTIVE' | 'SUSPENDED' | 'DESTROYED'
  readonly keyType: KeyTypeName
  /** DER, the end-entity certificate first. */
  readonly chain: readonly Buffer[]
  readonly certificate: CertificateInfo
  readonly scal: '1' | '2'
  readonly multisign: number
  /** What its key signs: hashes as they come, documents by attributes that the SAM checks, or both. */
  readonly signs: 'hashes' | 'documents' | 'both'
  /** Which factors authorize together; what the grade forbids is left out. */
  readonly expression: FactorExpression
}

/** A factor of the signer: where an OTP goes. */
export interface SignerFactor {
  readonly kind: FactorKind
  /** Masked; empty where there is none. */
  readonly destination: string
}

/**
 * `cert.status` where it is certain. Undefined where it is not: a certificate that is not valid yet, and one whose key is
 * suspended, for it may be revoked.
 */
export function certificateStatus(credential: Credential, now: number): 'valid' | 'expired' | undefined {
  const { notBefore, notAfter } = credential.certificate
  if (now > notAfter) return 'expired'
  return now < notBefore || credential.state !== 'ACTIVE' ? undefined : 'valid'
}

export function isEnabled(credential: Credential, now: number): boolean {
  return certificateStatus(credential, now) === 'valid'
}

/** `key`: OIDs of signature algorithms, best first; length in bits; OID of the curve for EC keys. */
export interface KeyInfo {
  readonly algorithms: readonly string[]
  readonly bits: number
  readonly curve: string | undefined
}

export function keyInfo(credential: Credential): KeyInfo {
  const type = KEY_TYPES[credential.keyType]
  return {
    algorithms: signatureAlgorithmsOf(type),
    bits: type.bits,
    curve: type.family === 'ec' ? type.curveOid : undefined,
  }
}
