/**
 * The one way in and out of a SAP message: a codec parses `unknown` into a type and writes the type as JSON.
 * Strict: unknown members, wrong types, `null`, values outside the stated bounds and non-canonical base64 are
 * refused. A refusal names the place, never the value.
 */
export interface Codec<T> {
  parse(value: unknown, at: string): T
  write(value: T): unknown
  /** The same rule as JSON Schema, for `openapi/sap.yaml`. */
  readonly schema: JsonSchema
}

export type JsonSchema = Readonly<Record<string, unknown>>

export type TypeOf<C> = C extends Codec<infer T> ? T : never

/** A message that is not what the contract says. `at` is a JSON path such as `hashes[3]`. */
export class MalformedMessage extends Error {
  readonly at: string
  constructor(at: string, expected: string) {
    super(`${at === '' ? 'message' : at}: ${expected}`)
    this.name = 'MalformedMessage'
    this.at = at
  }
}

/** Control characters, line and paragraph separators, half characters, and what turns the direction of text around. */
export const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

/** Whether a text has `min` to `max` characters: code points, as JSON Schema counts them. */
export function isOfLength(text: string, min: number, max: number): boolean {
  // A character is one or two code units: most texts need no counting.
  if (text.length >= 2 * min && text.length <= max) return true
  const count = Array.from(text).length
  return count >= min && count <= max
}

/** Text of `min` to `max` characters. What could change how a name or a label is shown has no place in it. */
export function text(min: number, max: number, pattern?: RegExp): Codec<string> {
  return {
    parse(value, at) {
      if (typeof value !== 'string' || !isOfLength(value, min, max))
        throw new MalformedMessage(at, `text of ${min} to ${max} characters expected`)
      if (UNPRINTABLE.test(value) || (pattern !== undefined && !pattern.test(value)))
        throw new MalformedMessage(at, 'text holds characters that it must not hold')
      return value
    },
    write: (value) => value,
    schema: {
      type: 'string',
      minLength: min,
      maxLength: max,
      ...(pattern === undefined ? {} : { pattern: pattern.source }),
    },
  }
}

export function integer(min: number, max: number): Codec<number> {
  return {
    parse(value, at) {
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max)
        throw new MalformedMessage(at, `integer from ${min} to ${max} expected`)
      return value
    },
    write: (value) => value,
    schema: { type: 'integer', minimum: min, maximum: max },
  }
}

export const flag: Codec<boolean> = {
  parse(value, at) {
    if (typeof value !== 'boolean') throw new MalformedMessage(at, 'boolean expected')
    return value
  },
  write: (value) => value,
  schema: { type: 'boolean' },
}

/** Bytes, on the wire as canonical standard base64 with padding (RFC 4648 §4). */
export function bytes(min: number, max: number): Codec<Buffer> {
  return {
    parse(value, at) {
      if (typeof value !== 'string' || value.length > Math.ceil(max / 3) * 4)
        throw new MalformedMessage(at, 'base64 expected')
      const decoded = Buffer.from(value, 'base64')
      if (decoded.toString('base64') !== value) throw new MalformedMessage(at, 'canonical base64 expected')
      if (decoded.length < min || decoded.length > max)
        throw new MalformedMessage(at, `${min} to ${max} bytes expected`)
      return decoded
    },
    write: (value) => value.toString('base64'),
    schema: {
      type: 'string',
      format: 'byte',
      minLength: Math.ceil(min / 3) * 4,
      maxLength: Math.ceil(max / 3) * 4,
    },
  }
}

export function oneOf<const T extends string>(values: readonly T[]): Codec<T> {
  return {
    parse(value, at) {
      const found = values.find((candidate) => candidate === value)
      if (found === undefined) throw new MalformedMessage(at, `one of ${values.join(', ')} expected`)
      return found
    },
    write: (value) => value,
    schema: { type: 'string', enum: values },
  }
}

export function list<T>(item: Codec<T>, min: number, max: number): Codec<readonly T[]> {
  return {
    parse(value, at) {
      if (!Array.isArray(value) || value.length < min || value.length > max)
        throw new MalformedMessage(at, `list of ${min} to ${max} expected`)
      return value.map((element: unknown, index) => item.parse(element, `${at}[${index}]`))
    },
    write: (value) => value.map((element) => item.write(element)),
    schema: { type: 'array', items: item.schema, minItems: min, maxItems: max },
  }
}

interface Optional<T> {
  readonly optional: Codec<T>
}

/** Marks a member that may be absent. It is never `null`. */
export function optional<T>(codec: Codec<T>): Optional<T> {
  return { optional: codec }
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a shape holds codecs of any type
type Member = Codec<any> | Optional<any>
type Shape = Readonly<Record<string, Member>>
export type Fields<S extends Shape> = {
  readonly [K in keyof S as S[K] extends Codec<unknown> ? K : never]: S[K] extends Codec<infer T> ? T : never
} & {
  readonly [K in keyof S as S[K] extends Codec<unknown> ? never : K]?:
    (S[K] extends Optional<infer T> ? T : never) | undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object with exactly these members. */
export function object<const S extends Shape>(shape: S): Codec<Fields<S>> {
  const members = Object.entries(shape).map(([name, member]) =>
    'optional' in member
      ? { name, codec: member.optional, isOptional: true }
      : { name, codec: member, isOptional: false },
  )
  const known = new Set(members.map((member) => member.name))
  return {
    parse(value, at) {
      if (!isRecord(value)) throw new MalformedMessage(at, 'object expected')
      const unknown = Object.keys(value).find((name) => !known.has(name))
      if (unknown !== undefined) throw new MalformedMessage(at, 'a member that the contract does not know')
      const parsed: Record<string, unknown> = {}
      for (const { name, codec, isOptional } of members) {
        const place = at === '' ? name : `${at}.${name}`
        if (Object.hasOwn(value, name)) parsed[name] = codec.parse(value[name], place)
        else if (!isOptional) throw new MalformedMessage(place, 'missing')
      }
      // The loop above made exactly the members of the shape, each from its own codec.
      return parsed as Fields<S> // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
    },
    write(value) {
      const written: Record<string, unknown> = {}
      const given: Readonly<Record<string, unknown>> = value
      for (const { name, codec } of members)
        if (given[name] !== undefined) written[name] = codec.write(given[name])
      return written
    },
    schema: {
      type: 'object',
      additionalProperties: false,
      required: members.filter((member) => !member.isOptional).map((member) => member.name),
      properties: Object.fromEntries(members.map((member) => [member.name, member.codec.schema])),
    },
  }
}
