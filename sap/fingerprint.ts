import { createHash } from 'node:crypto'

export interface FingerprintInput {
  /** 16 bytes, drawn by the client. */
  readonly nonce: Uint8Array
  readonly credentialId: string
  /** OID. */
  readonly hashAlgorithm: string
  /** In any order; a hash listed twice counts twice. */
  readonly hashes: readonly Uint8Array[]
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const VERSION = 'chancery-fingerprint-1'

/**
 * The 60 bits that signer and client compare, as XXXX-XXXX-XXXX in Crockford base32: the head of SHA-256 over
 * version, nonce, credential id, hash algorithm and the sorted hashes, each with its length before it as 32 bits,
 * big-endian. Test vectors: docs/api.md.
 */
export function fingerprint(input: FingerprintInput): string {
  const sorted = [...input.hashes].sort((a, b) => Buffer.compare(a, b))
  const hash = createHash('sha256')
  const fields = [
    Buffer.from(VERSION),
    input.nonce,
    Buffer.from(input.credentialId),
    Buffer.from(input.hashAlgorithm),
  ]
  for (const field of [...fields, ...sorted]) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(field.length)
    hash.update(length).update(field)
  }
  const head = hash.digest().readBigUInt64BE() >> 4n
  let letters = ''
  for (let shift = 55n; shift >= 0n; shift -= 5n) letters += CROCKFORD[Number((head >> shift) & 31n)] ?? ''
  return letters.replace(/(.{4})(?=.)/g, '$1-')
}
