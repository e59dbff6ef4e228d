/**
 * The one table of algorithms. Everything that SSA, SAM, CA and client know about a digest, a key type or a
 * signature algorithm stands here; nobody else enumerates them. OIDs are dotted strings, lengths are bytes.
 */

export type DigestName = 'sha256' | 'sha384' | 'sha512'

export interface DigestAlgorithm {
  readonly name: DigestName
  readonly oid: string
  /** Length of a digest value, in bytes. */
  readonly length: number
  /** DER of a DigestInfo (RFC 8017 §9.2) up to the digest itself, with NULL parameters. */
  readonly digestInfoPrefix: string
}

export const DIGESTS: Readonly<Record<DigestName, DigestAlgorithm>> = {
  sha256: {
    name: 'sha256',
    oid: '2.16.840.1.101.3.4.2.1',
    length: 32,
    digestInfoPrefix: '3031300d060960864801650304020105000420',
  },
  sha384: {
    name: 'sha384',
    oid: '2.16.840.1.101.3.4.2.2',
    length: 48,
    digestInfoPrefix: '3041300d060960864801650304020205000430',
  },
  sha512: {
    name: 'sha512',
    oid: '2.16.840.1.101.3.4.2.3',
    length: 64,
    digestInfoPrefix: '3051300d060960864801650304020305000440',
  },
}

const DIGEST_LIST: readonly DigestAlgorithm[] = Object.values(DIGESTS)

/** The digest algorithm of an OID, or undefined: SHA-1, MD5, SHA-224 and all others are not offered. */
export function digestByOid(oid: string): DigestAlgorithm | undefined {
  return DIGEST_LIST.find((digest) => digest.oid === oid)
}

/** The digest algorithm that a value's length tells (32, 48, 64 bytes), or undefined. */
export function digestByLength(length: number): DigestAlgorithm | undefined {
  return DIGEST_LIST.find((digest) => digest.length === length)
}

export type KeyTypeName = 'rsa-3072' | 'rsa-4096' | 'p-256' | 'p-384'

export interface RsaKeyType {
  readonly name: KeyTypeName
  readonly family: 'rsa'
  readonly bits: number
}

export interface EcKeyType {
  readonly name: KeyTypeName
  readonly family: 'ec'
  readonly bits: number
  readonly curveOid: string
  /** DER of the named-curve OID, hex: CKA_EC_PARAMS. */
  readonly ecParameters: string
  /** Name of the curve in node:crypto and WebCrypto. */
  readonly curveName: 'P-256' | 'P-384'
}

export type KeyType = RsaKeyType | EcKeyType

export const KEY_TYPES: Readonly<Record<KeyTypeName, KeyType>> = {
  'rsa-3072': { name: 'rsa-3072', family: 'rsa', bits: 3072 },
  'rsa-4096': { name: 'rsa-4096', family: 'rsa', bits: 4096 },
  'p-256': {
    name: 'p-256',
    family: 'ec',
    bits: 256,
    curveOid: '1.2.840.10045.3.1.7',
    ecParameters: '06082a8648ce3d030107',
    curveName: 'P-256',
  },
  'p-384': {
    name: 'p-384',
    family: 'ec',
    bits: 384,
    curveOid: '1.3.132.0.34',
    ecParameters: '06052b81040022',
    curveName: 'P-384',
  },
}

export const KEY_TYPE_NAMES: readonly KeyTypeName[] = ['rsa-3072', 'rsa-4096', 'p-256', 'p-384']

export type SchemeName = 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa'

/** A signature algorithm as it is named on the wire (`signAlgo`). */
export interface SignatureAlgorithm {
  readonly oid: string
  readonly scheme: SchemeName
  readonly family: KeyType['family']
  /** The digest that the OID itself fixes; undefined where `hashAlgo` or the parameters name it. */
  readonly digest: DigestName | undefined
}

export const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'
export const RSASSA_PSS = '1.2.840.113549.1.1.10'

/** In the order in which `key.algo` lists them: combined OIDs first, the bare one last (clients take the first). */
export const SIGNATURE_ALGORITHMS: readonly SignatureAlgorithm[] = [
  { oid: '1.2.840.113549.1.1.11', scheme: 'rsa-pkcs1', family: 'rsa', digest: 'sha256' },
  { oid: '1.2.840.113549.1.1.12', scheme: 'rsa-pkcs1', family: 'rsa', digest: 'sha384' },
  { oid: '1.2.840.113549.1.1.13', scheme: 'rsa-pkcs1', family: 'rsa', digest: 'sha512' },
  { oid: RSASSA_PSS, scheme: 'rsa-pss', family: 'rsa', digest: undefined },
  { oid: RSA_ENCRYPTION, scheme: 'rsa-pkcs1', family: 'rsa', digest: undefined },
  { oid: '1.2.840.10045.4.3.2', scheme: 'ecdsa', family: 'ec', digest: 'sha256' },
  { oid: '1.2.840.10045.4.3.3', scheme: 'ecdsa', family: 'ec', digest: 'sha384' },
  { oid: '1.2.840.10045.4.3.4', scheme: 'ecdsa', family: 'ec', digest: 'sha512' },
]

export function signatureAlgorithmByOid(oid: string): SignatureAlgorithm | undefined {
  return SIGNATURE_ALGORITHMS.find((algorithm) => algorithm.oid === oid)
}

/** The `signAlgo` OIDs that a key of this type serves, best first. */
export function signatureAlgorithmsOf(keyType: KeyType): readonly string[] {
  const own = SIGNATURE_ALGORITHMS.filter((algorithm) => algorithm.family === keyType.family)
  if (keyType.name !== 'p-384') return own.map((algorithm) => algorithm.oid)
  // A P-384 key is used with SHA-384 by default: list it first.
  const [sha256, sha384, sha512] = own.map((algorithm) => algorithm.oid)
  return [sha384, sha512, sha256].filter((oid) => oid !== undefined)
}

/** What the HSM is asked for: everything settled, nothing left to guess. */
export type SignatureScheme =
  | { readonly name: 'rsa-pkcs1'; readonly digest: DigestName }
  | { readonly name: 'rsa-pss'; readonly digest: DigestName; readonly saltLength: number }
  | { readonly name: 'ecdsa'; readonly digest: DigestName }
