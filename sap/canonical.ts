import { createHash } from 'node:crypto'

/** What canonical JSON can hold: no floats, no null, no undefined members. */
export type Canonical =
  string | number | boolean | readonly Canonical[] | { readonly [member: string]: Canonical }

/**
 * The one text of a value: members sorted by UTF-16 code units, no white space, integers only (the subset of
 * RFC 8785 that needs no number formatting). Throws TypeError on a number that is not a safe integer.
 */
export function canonicalJson(value: Canonical): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new TypeError('not a safe integer')
  if (typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item: Canonical) => canonicalJson(item)).join(',')}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
}

/** RFC 6962 §2.1: the hash of a leaf, so that a Merkle tree can be built over the same records. */
export function leafHash(record: Uint8Array): Buffer {
  return createHash('sha256').update(Buffer.of(0x00)).update(record).digest()
}

/** The chain over leaves: SHA-256 of the chain so far and the next leaf. Starts from 32 zero bytes. */
export function chainHash(previous: Uint8Array, leaf: Uint8Array): Buffer {
  return createHash('sha256').update(previous).update(leaf).digest()
}

export const EMPTY_CHAIN: Buffer = Buffer.alloc(32)
