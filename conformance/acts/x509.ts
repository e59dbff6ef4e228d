import { X509Certificate } from 'node:crypto'

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: '1.2.840.10045.3.1.7',
  secp384r1: '1.3.132.0.34',
  secp521r1: '1.3.132.0.35',
}
const CURVE_BITS: Readonly<Record<string, number>> = { prime256v1: 256, secp384r1: 384, secp521r1: 521 }

/** The key of a certificate as `credentials/info` tells it. */
export interface KeyFacts {
  readonly kind: string
  readonly bits: number | undefined
  /** OID; undefined for RSA, and for a curve that has none here. */
  readonly curve: string | undefined
}

export function keyFactsOf(certificate: Buffer): KeyFacts {
  const { asymmetricKeyType = '', asymmetricKeyDetails = {} } = new X509Certificate(certificate).publicKey
  const { modulusLength, namedCurve = '' } = asymmetricKeyDetails
  return { kind: asymmetricKeyType, bits: modulusLength ?? CURVE_BITS[namedCurve], curve: CURVES[namedCurve] }
}

/** `YYYYMMDDHHMMSSZ` of a date. */
export function generalizedTime(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`
}

/** Values of the attributes of a name as Node writes it, one a line. */
export function nameValues(name: string): readonly string[] {
  return name
    .split('\n')
    .map((line) => line.slice(line.indexOf('=') + 1))
    .filter((value) => value !== '')
}

/** Whether the text is a distinguished name in the form of RFC 4514. */
export function isRfc4514(name: string): boolean {
  const type = String.raw`(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)`
  const value = String.raw`(?:#(?:[0-9A-Fa-f]{2})+|(?:[^\\",;+<>\0]|\\(?:[\\",;+<>=# ]|[0-9A-Fa-f]{2}))*)`
  const relative = String.raw`${type}=${value}(?:\+${type}=${value})*`
  return new RegExp(`^${relative}(?:,${relative})*$`, 'u').test(name)
}
