/** DER (ITU-T X.690): the few types that a CMS signature is made of, and a reader for what a certificate holds. */

const TAGS = {
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

export function sequence(...parts: readonly Buffer[]): Buffer {
  return element(TAGS.sequence, ...parts)
}

/** SET OF: DER wants the elements in the order of their encodings (§11.6). */
export function setOf(...elements: readonly Buffer[]): Buffer {
  return element(TAGS.set, ...[...elements].sort((a, b) => Buffer.compare(a, b)))
}

export function octetString(bytes: Buffer): Buffer {
  return element(TAGS.octetString, bytes)
}

export function nul(): Buffer {
  return element(TAGS.null)
}

/** A non-negative integer. */
export function integer(value: number): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  const isHigh = (bytes[0] ?? 0) >= 0x80
  return element(TAGS.integer, ...(isHigh ? [Buffer.of(0), bytes] : [bytes]))
}

/** Time, to the second: UTCTime through 2049, GeneralizedTime after (RFC 5652 §11.3). */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/[-T:]/g, '').slice(0, 14)}Z`
  const isUtc = date.getUTCFullYear() < 2050
  return element(
    isUtc ? TAGS.utcTime : TAGS.generalizedTime,
    Buffer.from(isUtc ? digits.slice(2) : digits, 'latin1'),
  )
}

/** From its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(TAGS.oid, Buffer.from([first * 40 + second, ...rest].flatMap((arc) => base128(arc))))
}

function base128(arc: number): readonly number[] {
  const digits = [arc % 128]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift(128 + (rest % 128))
  return digits
}

/** `[tag]` around a whole element. */
export function explicit(tag: number, content: Buffer): Buffer {
  return element(0xa0 + tag, content)
}

/** `[tag]` in place of the tag of a constructed element. */
export function implicit(tag: number, constructed: Buffer): Buffer {
  const renamed = Buffer.from(constructed)
  renamed[0] = 0xa0 + tag
  return renamed
}

function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.of(tag, ...lengthOctets(length)), ...parts])
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return [0x80 + octets.length, ...octets]
}

export interface DerElement {
  readonly tag: number
  /** With tag and length. */
  readonly whole: Buffer
  readonly content: Buffer
}

/** The elements that stand one after the other in `bytes`. Throws RangeError if they are malformed. */
export function elementsOf(bytes: Buffer): readonly DerElement[] {
  const elements: DerElement[] = []
  let at = 0
  while (at < bytes.length) {
    const start = at
    const tag = bytes.readUInt8(at++)
    let length = bytes.readUInt8(at++)
    if (length >= 0x80) {
      const octets = length - 0x80
      if (octets < 1 || octets > 4) throw new RangeError('DER length is malformed')
      length = bytes.readUIntBE(at, octets)
      at += octets
    }
    if (at + length > bytes.length) throw new RangeError('DER is cut short')
    const content = bytes.subarray(at, at + length)
    at += length
    elements.push({ tag, whole: bytes.subarray(start, at), content })
  }
  return elements
}
