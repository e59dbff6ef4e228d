import { randomBytes } from 'node:crypto'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** A name of its own: prefix and 130 random bits in lower-case base32. Nothing is allowed because somebody knows it. */
export function newId(prefix: string): string {
  return prefix + [...randomBytes(26)].map((byte) => ALPHABET[byte & 31] ?? '').join('')
}
