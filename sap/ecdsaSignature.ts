import type { EcKeyType } from './algorithms.ts'

/** The group order n of each curve (SEC 2 v2 §2.4.2, §2.5.1). */
const ORDERS: Readonly<Record<EcKeyType['curveName'], bigint>> = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384':
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
}

const SEQUENCE = 0x30
const INTEGER = 0x02

/** Whether r or s, as unsigned big-endian bytes, lies in [1, n-1]. */
function isInRange(value: Uint8Array, keyType: EcKeyType): boolean {
  const number = BigInt(`0x${Buffer.from(value).toString('hex') || '0'}`)
  return number > 0n && number < ORDERS[keyType.curveName]
}

/** The halves of a raw signature, or undefined unless it is two numbers of curve size in [1, n-1]. */
export function ecdsaHalves(
  raw: Uint8Array,
  keyType: EcKeyType,
): { readonly r: Uint8Array; readonly s: Uint8Array } | undefined {
  const length = keyType.bits / 8
  if (raw.length !== 2 * length) return undefined
  const r = raw.subarray(0, length)
  const s = raw.subarray(length)
  return isInRange(r, keyType) && isInRange(s, keyType) ? { r, s } : undefined
}

/** DER INTEGER of unsigned big-endian bytes: no needless zero, and one where the high bit would make it negative. */
function derInteger(value: Uint8Array): Buffer {
  let start = 0
  while (start < value.length - 1 && value[start] === 0) start++
  const minimal = value.subarray(start)
  const sign = (minimal[0] ?? 0) & 0x80 ? [0] : []
  return Buffer.from([INTEGER, minimal.length + sign.length, ...sign, ...minimal])
}

/**
 * Raw r‖s, as a token returns it, to the DER of Ecdsa-Sig-Value (RFC 3279 §2.2.3) with minimal integers.
 * Throws RangeError unless r and s are of curve size and lie in [1, n-1]; the message holds no signature bytes.
 */
export function ecdsaDer(raw: Uint8Array, keyType: EcKeyType): Buffer {
  const halves = ecdsaHalves(raw, keyType)
  if (halves === undefined) throw new RangeError(`not an ECDSA signature of ${keyType.curveName}`)
  const body = Buffer.concat([derInteger(halves.r), derInteger(halves.s)])
  // At most 2 × (2 + 1 + 48) bytes: always a short length.
  return Buffer.concat([Buffer.of(SEQUENCE, body.length), body])
}

/** The inverse of `ecdsaDer`: raw r‖s, or undefined for any other text than the one `ecdsaDer` writes. */
export function ecdsaRaw(der: Uint8Array, keyType: EcKeyType): Buffer | undefined {
  const length = keyType.bits / 8
  const rLength = der[3] ?? 0
  const sLength = der[5 + rLength] ?? 0
  const integers = [der.subarray(4, 4 + rLength), der.subarray(6 + rLength, 6 + rLength + sLength)]
  const raw = Buffer.alloc(2 * length)
  for (const [index, integer] of integers.entries()) {
    const unsigned = integer[0] === 0 ? integer.subarray(1) : integer
    if (unsigned.length > length) return undefined
    raw.set(unsigned, (index + 1) * length - unsigned.length)
  }
  // One value has one DER: whatever does not come back byte for byte was not it.
  return ecdsaHalves(raw, keyType) !== undefined && ecdsaDer(raw, keyType).equals(der) ? raw : undefined
}
