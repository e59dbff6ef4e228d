/**
 * The few forms of DER (X.690) that SAM and CA write: certification requests and certificates. Writing only; what
 * others wrote is read by a library.
 */

/** One element: tag, definite length in its shortest form, content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body])
  const hex = body.length.toString(16)
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body])
}

export function sequence(...content: readonly Uint8Array[]): Buffer {
  return der(0x30, ...content)
}

/** A SET of one element: nothing to sort. */
export function setOfOne(content: Uint8Array): Buffer {
  return der(0x31, content)
}

/** `[number]` EXPLICIT, or the IMPLICIT tag of something constructed. */
export function tagged(number: number, ...content: readonly Uint8Array[]): Buffer {
  return der(0xa0 | number, ...content)
}

/** A whole number of bits. */
export function bitString(content: Uint8Array): Buffer {
  return der(0x03, Buffer.of(0), content)
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
  return der(0x02, minimal.length === 0 || isNegative ? Buffer.of(0) : Buffer.alloc(0), minimal)
}

/** Throws RangeError on what is no OID: fewer than two arcs, or an arc that is no number of up to 15 digits. */
export function objectIdentifier(dotted: string): Buffer {
  const arcs = dotted.split('.').map(Number)
  const [root = 3, second = 0, ...rest] = arcs
  const isDotted = /^\d{1,15}(\.\d{1,15})+$/.test(dotted)
  if (!isDotted || root > 2 || (root < 2 && second > 39)) throw new RangeError('not an object identifier')
  return der(0x06, Buffer.from([root * 40 + second, ...rest].flatMap(base128)))
}

function base128(arc: number): number[] {
  const groups = [arc % 128]
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
    groups.unshift((left % 128) | 0x80)
  return groups
}

export function utf8String(text: string): Buffer {
  return der(0x0c, Buffer.from(text, 'utf8'))
}

/** Throws RangeError on a character that PrintableString does not have. */
export function printableString(text: string): Buffer {
  if (!/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text)) throw new RangeError('not a PrintableString')
  return der(0x13, Buffer.from(text, 'latin1'))
}
