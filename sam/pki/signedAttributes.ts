import { createHash } from 'node:crypto'
import type { DigestName } from '../../sap/algorithms.ts'
import { DIGESTS } from '../../sap/algorithms.ts'
import {
  DER_NULL,
  OBJECT_IDENTIFIER,
  SEQUENCE,
  SET,
  der,
  derElements,
  objectIdentifier,
  octetString,
  sequence,
  setOfOne,
  tagged,
} from '../../sap/der.ts'
import type { SignatureFormat } from '../../sap/operations.ts'

const CONTENT_TYPE = objectIdentifier('1.2.840.113549.1.9.3')
const MESSAGE_DIGEST = objectIdentifier('1.2.840.113549.1.9.4')
const SIGNING_TIME = objectIdentifier('1.2.840.113549.1.9.5')
const SIGNING_CERTIFICATE_V2 = objectIdentifier('1.2.840.113549.1.9.16.2.47')
const ID_DATA = objectIdentifier('1.2.840.113549.1.7.1')
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18

/** How far the signing-time that the SSA claims may be from the SAM's clock. */
const SIGNING_TIME_TOLERANCE_MS = 5 * 60_000

const attribute = (type: Buffer, value: Buffer): Buffer => sequence(type, setOfOne(value))

/** Every encoding of signing-certificate-v2 (RFC 5035) that names this certificate and nothing else. */
export function signingCertificateAttributes(certificate: Buffer): readonly Buffer[] {
  const issuerSerial = issuerSerialOf(certificate)
  return (['sha256', 'sha384', 'sha512'] as const).flatMap((name) => {
    const hash = octetString(createHash(name).update(certificate).digest())
    return algorithmsOf(name).flatMap((algorithm) =>
      [[], [issuerSerial]].map((serial) =>
        attribute(SIGNING_CERTIFICATE_V2, sequence(sequence(sequence(...algorithm, hash, ...serial)))),
      ),
    )
  })
}

/** SHA-256 is the default, which DER leaves out; the parameters of others are absent or NULL. */
function algorithmsOf(name: DigestName): readonly (readonly Buffer[])[] {
  if (name === 'sha256') return [[]]
  const oid = objectIdentifier(DIGESTS[name].oid)
  return [[sequence(oid)], [sequence(oid, DER_NULL)]]
}

function issuerSerialOf(certificate: Buffer): Buffer {
  const [outer] = derElements(certificate) ?? []
  const [toBeSigned] = derElements(outer?.content ?? Buffer.alloc(0)) ?? []
  const [version, serial, , issuer] = derElements(toBeSigned?.content ?? Buffer.alloc(0)) ?? []
  if (version?.tag !== 0xa0 || serial === undefined || issuer?.tag !== SEQUENCE)
    throw new Error('a linked certificate that is no X.509 v3')
  return sequence(sequence(tagged(4, issuer.whole)), serial.whole)
}

export interface AttributesToCheck {
  /** DER of a SET OF Attribute. */
  readonly signedAttributes: Buffer
  readonly format: SignatureFormat
  /** Of the document, as the signer authorized it. */
  readonly digest: Buffer
  /** `signingCertificateAttributes` of the credential's certificate. */
  readonly signingCertificate: readonly Buffer[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * What is wrong with the signed attributes of a CMS signature (RFC 5652 §5.3), or undefined: each attribute must be, to
 * the byte, one that this SAM would have written, and all of them in DER's order. So there is no other reading of what
 * the key signs. The list is what the baseline profiles need, and no more: EN 319 142-1 (PAdES) forbids signing-time,
 * EN 319 122-1 (CAdES) has it. A text for the journal, without anything that the message says.
 */
export function attributesProblem(check: AttributesToCheck): string | undefined {
  const [set, ...more] = derElements(check.signedAttributes) ?? []
  const attributes = set?.tag === SET && more.length === 0 ? derElements(set.content) : undefined
  if (attributes === undefined) return 'no DER of a SET OF'
  const found = new Set<string>()
  let before: Buffer | undefined
  for (const { whole } of attributes) {
    const bytes = Buffer.from(whole)
    if (before !== undefined && Buffer.compare(before, bytes) >= 0)
      return 'attributes are not in the order of DER'
    before = bytes
    const type = typeOf(bytes)
    if (type === undefined) return 'an attribute that is not on the list'
    if (!isRight(type, bytes, check)) return `${type} is not what it must be`
    if (found.has(type)) return `${type} is there twice`
    found.add(type)
  }
  const missing = REQUIRED.find((type) => !found.has(type))
  return missing === undefined ? undefined : `${missing} is missing`
}

const TYPES = [
  ['content-type', CONTENT_TYPE],
  ['message-digest', MESSAGE_DIGEST],
  ['signing-certificate-v2', SIGNING_CERTIFICATE_V2],
  ['signing-time', SIGNING_TIME],
] as const
type TypeName = (typeof TYPES)[number][0]
const REQUIRED: readonly TypeName[] = ['content-type', 'message-digest', 'signing-certificate-v2']

function typeOf(bytes: Buffer): TypeName | undefined {
  const [outer] = derElements(bytes) ?? []
  const [type] = derElements(outer?.content ?? Buffer.alloc(0)) ?? []
  if (outer?.tag !== SEQUENCE || type?.tag !== OBJECT_IDENTIFIER) return undefined
  return TYPES.find(([, oid]) => oid.equals(type.whole))?.[0]
}

function isRight(type: TypeName, bytes: Buffer, check: AttributesToCheck): boolean {
  switch (type) {
    case 'content-type':
      return bytes.equals(attribute(CONTENT_TYPE, ID_DATA))
    case 'message-digest':
      return bytes.equals(attribute(MESSAGE_DIGEST, octetString(check.digest)))
    case 'signing-certificate-v2':
      return check.signingCertificate.some((known) => known.equals(bytes))
    case 'signing-time':
      return check.format === 'cades' && isSigningTimeNear(bytes, check.now)
  }
}

/** Whatever is read from the bytes counts only if writing it again gives the same bytes. */
function isSigningTimeNear(bytes: Buffer, now: number): boolean {
  const digits = /(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(bytes.toString('latin1'))?.slice(1)
  if (digits === undefined) return false
  const [year = 0, month = 0, ...rest] = digits.map(Number)
  const at = new Date(Date.UTC(year < 100 ? 2000 + year : year, month - 1, ...rest))
  return (
    Math.abs(at.getTime() - now) <= SIGNING_TIME_TOLERANCE_MS &&
    bytes.equals(attribute(SIGNING_TIME, time(at)))
  )
}

/** RFC 5652 §11.3: UTCTime through 2049, GeneralizedTime from 2050 on, to the second, in UTC. */
function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, '')
  return at.getUTCFullYear() < 2050
    ? der(UTC_TIME, Buffer.from(digits.slice(2)))
    : der(GENERALIZED_TIME, Buffer.from(digits))
}
