import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import { KEY_TYPES, type DigestName, type KeyType, type KeyTypeName } from '../../sap/algorithms.ts'
import { signatureAlgorithmIdentifier, type CertificateScheme } from '../../sap/certificateAlgorithms.ts'
import { BIT_STRING, SEQUENCE, derElements, type DerElement } from '../../sap/der.ts'
import { readSubjectName, type SignerSubject } from '../../sap/subjectName.ts'

export interface CertificationRequest {
  readonly subject: SignerSubject
  /** DER SPKI, byte for byte as in the request. */
  readonly publicKey: Buffer
  /** What its key has signed: the same for two requests that ask for the same, though their signatures differ. */
  readonly signedPart: Buffer
}

/** Why a request was refused: a text for the journal, without anything that the request says. */
export type RequestProblem = string

const VERSION_1 = '020100'
const ATTRIBUTES = 0xa0
const DIGEST_NAMES: readonly DigestName[] = ['sha256', 'sha384', 'sha512']
const NODE_CURVES: Readonly<Record<'P-256' | 'P-384', string>> = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
}

/**
 * Reads a PKCS#10 request (RFC 2986) in strict DER for a key of this type, and checks its signature by that key. Its
 * attributes are ignored: this CA alone decides what a certificate says. Answers a text if the request is not good.
 */
export function readCertificationRequest(
  der: Uint8Array,
  keyTypeName: KeyTypeName,
): CertificationRequest | RequestProblem {
  const parts = partsOf(der)
  if (parts === undefined) return 'the request is no PKCS#10 in DER'
  const keyType = KEY_TYPES[keyTypeName]
  const publicKey = Buffer.from(parts.publicKey.whole)
  const key = keyOf(publicKey, keyType)
  if (key === undefined) return `the request is not for a key of type ${keyTypeName}`
  if (!isSignedBy(parts, key, keyType)) return "the request's own signature is wrong"
  const subject = readSubjectName(parts.subject.whole)
  return subject === undefined
    ? 'the request names a subject that is not allowed'
    : { subject, publicKey, signedPart: Buffer.from(parts.info.whole) }
}

interface Parts {
  readonly info: DerElement
  readonly subject: DerElement
  readonly publicKey: DerElement
  readonly algorithm: DerElement
  readonly signature: Uint8Array
}

function partsOf(der: Uint8Array): Parts | undefined {
  const [outer, ...rest] = derElements(der) ?? []
  if (outer?.tag !== SEQUENCE || rest.length > 0) return undefined
  const [info, algorithm, signature, ...more] = derElements(outer.content) ?? []
  if (info?.tag !== SEQUENCE || algorithm === undefined || signature?.tag !== BIT_STRING) return undefined
  if (more.length > 0 || signature.content[0] !== 0) return undefined
  const [version, subject, publicKey, attributes, ...others] = derElements(info.content) ?? []
  if (subject === undefined || publicKey === undefined || attributes?.tag !== ATTRIBUTES) return undefined
  if (others.length > 0 || Buffer.from(version?.whole ?? []).toString('hex') !== VERSION_1) return undefined
  return { info, subject, publicKey, algorithm, signature: signature.content.subarray(1) }
}

function keyOf(publicKey: Buffer, keyType: KeyType): KeyObject | undefined {
  let key: KeyObject
  try {
    key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
  const details = key.asymmetricKeyDetails
  const isOfType =
    keyType.family === 'rsa'
      ? key.asymmetricKeyType === 'rsa' &&
        details?.modulusLength === keyType.bits &&
        details.publicExponent === 65537n
      : key.asymmetricKeyType === 'ec' && details?.namedCurve === NODE_CURVES[keyType.curveName]
  return isOfType ? key : undefined
}

/** The algorithm must be one of ours to the byte. OpenSSL takes an ECDSA signature in its one DER only. */
function isSignedBy(parts: Parts, key: KeyObject, keyType: KeyType): boolean {
  const digest = DIGEST_NAMES.find((candidate) =>
    signatureAlgorithmIdentifier(schemeOf(keyType, candidate)).equals(parts.algorithm.whole),
  )
  if (digest === undefined) return false
  return verify(digest, parts.info.whole, key, parts.signature)
}

function schemeOf(keyType: KeyType, digest: DigestName): CertificateScheme {
  return { name: keyType.family === 'ec' ? 'ecdsa' : 'rsa-pkcs1', digest }
}
