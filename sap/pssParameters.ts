import { digestByOid, type DigestName } from './algorithms.ts'

/** RSASSA-PSS-params (RFC 8017 A.2.3), as far as this service accepts them. */
export interface PssParameters {
  readonly digest: DigestName
  /** In bytes. */
  readonly saltLength: number
}

const MGF1 = '1.2.840.113549.1.1.8'
const MAX_LENGTH = 256

const SEQUENCE = 0x30
const INTEGER = 0x02
const NULL = 0x05
const OBJECT_IDENTIFIER = 0x06
const context = (tag: number): number => 0xa0 | tag

interface Element {
  readonly tag: number
  readonly body: Uint8Array
}

/** Reads the elements of a definite-length BER value; undefined where it is malformed or something is left over. */
function elementsOf(bytes: Uint8Array): readonly Element[] | undefined {
  const elements: Element[] = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at++]
    let length = bytes[at++]
    if (tag === undefined || length === undefined) return undefined
    if (length === 0x80) return undefined
    if (length > 0x80) {
      const count = length & 0x7f
      if (count > 2 || at + count > bytes.length) return undefined
      length = 0
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[at++] ?? 0)
    }
    if (at + length > bytes.length) return undefined
    elements.push({ tag, body: bytes.subarray(at, at + length) })
    at += length
  }
  return elements
}

function only(bytes: Uint8Array | undefined, tag: number): Uint8Array | undefined {
  if (bytes === undefined) return undefined
  const elements = elementsOf(bytes)
  return elements?.length === 1 && elements[0]?.tag === tag ? elements[0].body : undefined
}

function dottedOid(body: Uint8Array): string | undefined {
  if (body.length === 0 || body.length > 32) return undefined
  const arcs: number[] = []
  let arc = 0
  for (const byte of body) {
    if (arc === 0 && byte === 0x80) return undefined
    arc = arc * 128 + (byte & 0x7f)
    if (arc > 0xffffffff) return undefined
    if (byte & 0x80) continue
    arcs.push(arc)
    arc = 0
  }
  if ((body[body.length - 1] ?? 0x80) & 0x80) return undefined
  const first = arcs[0] ?? 0
  const root = Math.min(Math.floor(first / 40), 2)
  return [root, first - root * 40, ...arcs.slice(1)].join('.')
}

/** AlgorithmIdentifier of a digest: parameters absent or NULL, nothing else (RFC 8017 A.2.3, note). */
function digestOf(sequence: Uint8Array | undefined): DigestName | undefined {
  const parts = sequence === undefined ? undefined : elementsOf(sequence)
  const [algorithm, parameters] = parts ?? []
  if (parts === undefined || parts.length > 2 || algorithm?.tag !== OBJECT_IDENTIFIER) return undefined
  if (parameters !== undefined && (parameters.tag !== NULL || parameters.body.length > 0)) return undefined
  return digestByOid(dottedOid(algorithm.body) ?? '')?.name
}

function mgfDigestOf(sequence: Uint8Array | undefined): DigestName | undefined {
  const parts = sequence === undefined ? undefined : elementsOf(sequence)
  const [algorithm, parameters] = parts ?? []
  if (parts?.length !== 2 || algorithm?.tag !== OBJECT_IDENTIFIER || parameters?.tag !== SEQUENCE)
    return undefined
  return dottedOid(algorithm.body) === MGF1 ? digestOf(parameters.body) : undefined
}

function smallInteger(body: Uint8Array | undefined): number | undefined {
  if (body === undefined || body.length === 0 || body.length > 2 || (body[0] ?? 0) >= 0x80) return undefined
  return body.reduce((value, byte) => value * 256 + byte, 0)
}

/**
 * Parses base64-decoded `signAlgoParams`. Definite-length BER, explicit defaults and absent or NULL digest
 * parameters are accepted; the digest of the mask generation must be the digest itself. Anything else, also the
 * SHA-1 defaults, is undefined. The salt length is checked against key and digest by `resolveScheme`.
 */
export function parsePssParameters(bytes: Uint8Array): PssParameters | undefined {
  if (bytes.length > MAX_LENGTH) return undefined
  const fields = only(bytes, SEQUENCE)
  const elements = fields === undefined ? undefined : elementsOf(fields)
  if (elements === undefined) return undefined

  const seen = new Map<number, Uint8Array>()
  let previous = 0
  for (const element of elements) {
    if (element.tag <= previous || element.tag > context(3)) return undefined
    previous = element.tag
    seen.set(element.tag, element.body)
  }
  const digest = digestOf(only(seen.get(context(0)), SEQUENCE))
  const mgfDigest = mgfDigestOf(only(seen.get(context(1)), SEQUENCE))
  if (digest === undefined || digest !== mgfDigest) return undefined

  const salt = seen.get(context(2))
  const saltLength = salt === undefined ? 20 : smallInteger(only(salt, INTEGER))
  const trailer = seen.get(context(3))
  if (trailer !== undefined && smallInteger(only(trailer, INTEGER)) !== 1) return undefined
  return saltLength === undefined ? undefined : { digest, saltLength }
}
