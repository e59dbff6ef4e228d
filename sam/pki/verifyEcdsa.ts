import { createECDH, createHash, createPublicKey, verify } from 'node:crypto'
import type { DigestName, EcKeyType } from '../../sap/algorithms.ts'
import { ecdsaHalves } from '../../sap/ecdsaSignature.ts'
import { CURVES, type CurvePoint, type ParsedPublicKey } from './publicKey.ts'

/** For each curve the digest of its size, and the empty message under it. */
const EMPTY_MESSAGE = Buffer.alloc(0)
const OWN_DIGEST: Readonly<Record<EcKeyType['curveName'], DigestName>> = {
  'P-256': 'sha256',
  'P-384': 'sha384',
}
const EMPTY_DIGEST: Readonly<Record<EcKeyType['curveName'], bigint>> = {
  'P-256': integerOf(createHash('sha256').digest()),
  'P-384': integerOf(createHash('sha384').digest()),
}

function integerOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

function bytesOf(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex')
}

/**
 * Checks raw r‖s over a digest (FIPS 186-5 §6.4.2). OpenSSL, through node:crypto, verifies messages only and hashes
 * them itself; JavaScript arithmetic takes over 2 ms for each. So the key is shifted instead. With e the digest as
 * a number, e' that of the empty message and
 *
 *     Q' = Q + ((e - e') / r)·G
 *
 * the point that verification compares with r is the same for (e, Q) and for (e', Q'):
 *
 *     (e'/s)·G + (r/s)·Q' = (e'/s)·G + (r/s)·Q + ((e - e')/s)·G = (e/s)·G + (r/s)·Q
 *
 * so OpenSSL accepts (r, s) over the empty message under Q' if and only if (r, s) is good over the digest under Q.
 * Tests compare both ways of verifying.
 */
export function verifyEcdsaDigest(
  publicKey: NonNullable<ParsedPublicKey['ec']>,
  keyType: EcKeyType,
  digest: Buffer,
  signature: Buffer,
): boolean {
  const halves = ecdsaHalves(signature, keyType)
  if (halves === undefined) return false
  const { Point } = CURVES[keyType.curveName]
  const length = keyType.bits / 8
  // The leftmost bits of a longer digest, FIPS 186-5 §6.4.2 step 2.
  const e = integerOf(digest.subarray(0, length))
  const scalars = Point.Fn
  const shift = scalars.mul(
    scalars.create(e - EMPTY_DIGEST[keyType.curveName]),
    scalars.inv(integerOf(halves.r)),
  )
  const shifted = publicKey.point.add(multipleOfG(shift, keyType))
  // Only whoever knows the private key can aim at it: nothing to accept there.
  if (shifted.is0()) return false
  const { x, y } = shifted.toAffine()
  // As JWK: OpenSSL takes twice as long to read the same key from DER.
  const coordinate = (value: bigint): string => bytesOf(value, length).toString('base64url')
  const jwk = { kty: 'EC', crv: keyType.curveName, x: coordinate(x), y: coordinate(y) }
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  return verify(OWN_DIGEST[keyType.curveName], EMPTY_MESSAGE, { key, dsaEncoding: 'ieee-p1363' }, signature)
}

/** scalar·G by OpenSSL: as the public key of that scalar. */
function multipleOfG(scalar: bigint, keyType: EcKeyType): CurvePoint {
  const { Point } = CURVES[keyType.curveName]
  if (scalar === 0n) return Point.ZERO
  const length = keyType.bits / 8
  const ecdh = createECDH(keyType.curveName === 'P-256' ? 'prime256v1' : 'secp384r1')
  ecdh.setPrivateKey(bytesOf(scalar, length))
  const encoded = ecdh.getPublicKey()
  return Point.fromAffine({
    x: integerOf(encoded.subarray(1, 1 + length)),
    y: integerOf(encoded.subarray(1 + length)),
  })
}
