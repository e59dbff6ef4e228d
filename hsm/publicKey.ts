import { createPublicKey, type JsonWebKey } from 'node:crypto'
import pkcs11, { type Handle } from 'pkcs11js'
import type { EcKeyType, KeyType } from '../sap/algorithms.ts'
import { TokenUnfit } from './errors.ts'
import { attribute, type Desk } from './objects.ts'

/** DER SPKI of a public key object. Throws TokenUnfit if it is not of this type, size or curve. */
export function readPublicKey(desk: Desk, object: Handle, keyType: KeyType): Buffer {
  const jwk = keyType.family === 'rsa' ? rsaJwk(desk, object, keyType.bits) : ecJwk(desk, object, keyType)
  // OpenSSL refuses a point that is not on the curve.
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' })
}

function rsaJwk(desk: Desk, object: Handle, bits: number): JsonWebKey {
  const modulus = withoutLeadingZeros(required(desk, object, pkcs11.CKA_MODULUS))
  const exponent = withoutLeadingZeros(required(desk, object, pkcs11.CKA_PUBLIC_EXPONENT))
  const first = modulus[0] ?? 0
  if (modulus.length !== bits / 8 || first < 0x80) throw new TokenUnfit('the RSA modulus has another size')
  if (exponent.toString('hex') !== '010001') throw new TokenUnfit('the RSA exponent is not 65537')
  return { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') }
}

function ecJwk(desk: Desk, object: Handle, keyType: EcKeyType): JsonWebKey {
  const parameters = required(desk, object, pkcs11.CKA_EC_PARAMS).toString('hex')
  if (parameters !== keyType.ecParameters) throw new TokenUnfit('the key is on another curve')
  const size = keyType.bits / 8
  const value = required(desk, object, pkcs11.CKA_EC_POINT)
  // The standard has an OCTET STRING around the point; some modules give the bare point.
  const point = value.length === 2 * size + 3 && value[0] === 0x04 ? value.subarray(2) : value
  if (point.length !== 2 * size + 1 || point[0] !== 0x04) throw new TokenUnfit('the EC point is malformed')
  return {
    kty: 'EC',
    crv: keyType.curveName,
    x: point.subarray(1, 1 + size).toString('base64url'),
    y: point.subarray(1 + size).toString('base64url'),
  }
}

function required(desk: Desk, object: Handle, type: number): Buffer {
  const value = attribute(desk, object, type)
  if (value === undefined) throw new TokenUnfit(`the public key lacks attribute ${String(type)}`)
  return value
}

function withoutLeadingZeros(value: Buffer): Buffer {
  const first = value.findIndex((byte) => byte !== 0)
  return first <= 0 ? value : value.subarray(first)
}
