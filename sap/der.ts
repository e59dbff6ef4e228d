/** The few forms of DER (X.690) that SAM and CA write and read: certification requests, certificates, attributes. */

export const INTEGER = 0x02
export const BIT_STRING = 0x03
export const OBJECT_IDENTIFIER = 0x06
export const UTF8_STRING = 0x0c
export const PRINTABLE_STRING = 0x13
export const SEQUENCE = 0x30
export const SET = 0x31

/** One element: tag, definite length in its shortest form, content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body])
  const hex = body.length.toString(16)
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body])
}

export function sequence(...content: readonly Uint8Array[]): Buffer {
  return der(SEQUENCE, ...content)
}

/** A SET of one element: nothing to sort. */
export function setOfOne(content: Uint8Array): Buffer {
  return der(SET, content)
}

/** `[number]` EXPLICIT, or the IMPLICIT tag of something constructed. */
export function tagged(number: number, ...content: readonly Uint8Array[]): Buffer {
  return der(0xa0 | number, ...content)
}

/** A whole number of bits. */
export function bitString(content: Uint8Array): Buffer {
  return der(BIT_STRING, Buffer.of(0), content)
}

export function octetString(content: Uint8Array): Buffer {
  return der(0x04, content)
}

export const DER_NULL: Buffer = der(0x05)

/** A non-negative INTEGER from unsigned big-endian bytes. */
export function unsignedInteger(value: Uint8Array): Buffer {
  let start = 0
  while (start < value.length - 1 && value[start] === 0) start++
  const minimal = value.subarray(start)
  const isNegative = ((minimal[0] ?? 0) & 0x80) !== 0
  return der(INTEGER, minimal.length === 0 || isNegative ? Buffer.of(0) : Buffer.alloc(0), minimal)
}

/** Throws RangeError on what is no OID: fewer than two arcs, or an arc that is no number of up to 15 digits. */
export function objectIdentifier(dotted: string): Buffer {
  const arcs = dotted.split('.').map(Number)
  const [root = 3, second = 0, ...rest] = arcs
  const isDotted = /^\d{1,15}(\.\d{1,15})+$/.test(dotted)
  if (!isDotted || root > 2 || (root < 2 && second > 39)) throw new RangeError('not an object identifier')
  return der(OBJECT_IDENTIFIER, Buffer.from([root * 40 + second, ...rest].flatMap(base128)))
}

function base128(arc: number): number[] {
  const groups = [arc % 128]
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
    groups.unshift((left % 128) | 0x80)
  return groups
}

export function utf8String(text: string): Buffer {
  return der(UTF8_STRING, Buffer.from(text, 'utf8'))
}

/** Whether PrintableString has all these characters (X.680 §41.4). */
export function isPrintable(text: string): boolean {
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text)
}

/** Throws RangeError on a character that PrintableString does not have. */
export function printableString(text: string): Buffer {
  if (!isPrintable(text)) throw new RangeError('not a PrintableString')
  return der(PRINTABLE_STRING, Buffer.from(text, 'latin1'))
}

export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
  /** With tag and length. */
  readonly whole: Uint8Array
}

/**
 * The elements that `bytes` consists of; undefined unless it is exactly that: single-byte tags, definite lengths in
 * their shortest form, nothing missing, nothing left over.
 */
export function derElements(bytes: Uint8Array): readonly DerElement[] | undefined {
  const elements: DerElement[] = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0
    const header = headerOf(bytes, at)
    if (header === undefined || (tag & 0x1f) === 0x1f) return undefined
    const end = header.start + header.length
    if (end > bytes.length) return undefined
    elements.push({ tag, content: bytes.subarray(header.start, end), whole: bytes.subarray(at, end) })
    at = end
  }
  return elements
}

function headerOf(
  bytes: Uint8Array,
  at: number,
): { readonly start: number; readonly length: number } | undefined {
  const first = bytes[at + 1]
  if (first === undefined || first === 0x80) return undefined
  if (first < 0x80) return { start: at + 2, length: first }
  const count = first & 0x7f
  const octets = bytes.subarray(at + 2, at + 2 + count)
  // 2^24 bytes are more than any message may have.
  if (count > 3 || octets.length < count || octets[0] === 0) return undefined
  const length = octets.reduce((value, octet) => value * 256 + octet, 0)
  return length < 0x80 ? undefined : { start: at + 2 + count, length }
}
