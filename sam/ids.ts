import type { Hsm } from '../hsm/hsm.ts'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** A name nobody can guess: prefix and 130 random bits of the HSM in lower-case base32. */
export async function newId(hsm: Pick<Hsm, 'random'>, prefix: string): Promise<string> {
  const random = await hsm.random(26)
  return prefix + [...random].map((byte) => ALPHABET[byte & 31] ?? '').join('')
}
