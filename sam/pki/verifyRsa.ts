import { constants, createHash, publicDecrypt, type KeyObject } from 'node:crypto'
import { DIGESTS, type DigestName, type RsaKeyType, type SignatureScheme } from '../../sap/algorithms.ts'

type RsaScheme = Exclude<SignatureScheme, { name: 'ecdsa' }>

/** Checks RSA octets of modulus size over a digest: RFC 8017 §8.2.2 and §8.1.2. */
export function verifyRsaDigest(
  key: KeyObject,
  keyType: RsaKeyType,
  scheme: RsaScheme,
  digest: Buffer,
  signature: Buffer,
): boolean {
  if (signature.length !== keyType.bits / 8) return false
  let encoded: Buffer
  try {
    encoded = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature)
  } catch {
    // The signature as a number is not below the modulus.
    return false
  }
  return scheme.name === 'rsa-pkcs1'
    ? encoded.equals(pkcs1Encoding(keyType, scheme.digest, digest))
    : isPssEncoding(encoded, scheme.digest, scheme.saltLength, digest)
}

/**
 * EMSA-PKCS1-v1_5 (RFC 8017 §9.2), the only one for a digest. What was signed is compared with this whole block and
 * never parsed: there is no room for a short padding, a missing NULL or something after the digest.
 */
function pkcs1Encoding(keyType: RsaKeyType, name: DigestName, digest: Buffer): Buffer {
  const digestInfo = Buffer.concat([Buffer.from(DIGESTS[name].digestInfoPrefix, 'hex'), digest])
  const padding = Buffer.alloc(keyType.bits / 8 - 3 - digestInfo.length, 0xff)
  return Buffer.concat([Buffer.of(0x00, 0x01), padding, Buffer.of(0x00), digestInfo])
}

/**
 * EMSA-PSS-VERIFY (RFC 8017 §9.1.2) with MGF1 over the same digest and exactly this salt length. Moduli have a
 * whole number of bytes, so emBits is 8·emLen - 1 and the one unused bit is the highest.
 */
function isPssEncoding(encoded: Buffer, name: DigestName, saltLength: number, digest: Buffer): boolean {
  const hashLength = DIGESTS[name].length
  const maskedLength = encoded.length - hashLength - 1
  if (maskedLength < saltLength + 1 || encoded[encoded.length - 1] !== 0xbc) return false
  const block = Buffer.from(encoded.subarray(0, maskedLength))
  const hash = encoded.subarray(maskedLength, maskedLength + hashLength)
  if (((block[0] ?? 0x80) & 0x80) !== 0) return false
  const mask = mgf1(name, hash, maskedLength)
  for (let at = 0; at < maskedLength; at++) block[at] = (block[at] ?? 0) ^ (mask[at] ?? 0)
  block[0] = (block[0] ?? 0) & 0x7f
  const saltStart = maskedLength - saltLength
  const expected = Buffer.alloc(saltStart)
  expected[saltStart - 1] = 0x01
  if (!block.subarray(0, saltStart).equals(expected)) return false
  const again = createHash(name)
    .update(Buffer.alloc(8))
    .update(digest)
    .update(block.subarray(saltStart))
    .digest()
  return again.equals(hash)
}

/** MGF1 (RFC 8017 B.2.1). */
function mgf1(name: DigestName, seed: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = []
  const counter = Buffer.alloc(4)
  for (let made = 0; made < length; made += DIGESTS[name].length) {
    counter.writeUInt32BE(blocks.length)
    blocks.push(createHash(name).update(seed).update(counter).digest())
  }
  return Buffer.concat(blocks).subarray(0, length)
}
