import { createPublicKey, type KeyObject } from 'node:crypto'
import { p256, p384 } from '@noble/curves/nist.js'
import type { EcKeyType, KeyType } from '../../sap/algorithms.ts'

type Curve = typeof p256
export type CurvePoint = ReturnType<Curve['Point']['fromHex']>

/** Arithmetic of each curve; the signature checks themselves are OpenSSL's. */
export const CURVES: Readonly<Record<EcKeyType['curveName'], Curve>> = { 'P-256': p256, 'P-384': p384 }

/** Node's name of each curve in key details. */
const NODE_CURVES: Readonly<Record<EcKeyType['curveName'], string>> = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
}

export interface ParsedPublicKey {
  readonly key: KeyObject
  /** The public point; for EC keys only. */
  readonly ec: { readonly point: CurvePoint } | undefined
}

/** Keys that a batch or a busy signer uses again; some kB each. */
const MAX_CACHED = 2000
const cache = new Map<string, ParsedPublicKey>()

/**
 * Parses a DER SPKI that must be a key of this type: same family, exactly its modulus size with exponent 65537, or
 * its named curve with an uncompressed point. Undefined for any other. Parsed keys are kept in a bounded cache.
 */
export function parsePublicKey(spki: Buffer, keyType: KeyType): ParsedPublicKey | undefined {
  const name = `${keyType.name}:${spki.toString('base64')}`
  const cached = cache.get(name)
  if (cached !== undefined) return cached
  const parsed = parse(spki, keyType)
  if (parsed === undefined) return undefined
  const oldest = cache.size < MAX_CACHED ? undefined : cache.keys().next().value
  if (oldest !== undefined) cache.delete(oldest)
  cache.set(name, parsed)
  return parsed
}

function parse(spki: Buffer, keyType: KeyType): ParsedPublicKey | undefined {
  let key: KeyObject
  try {
    key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
  // One key has one SPKI: hashes of it are compared elsewhere, so no second spelling gets in.
  if (!key.export({ format: 'der', type: 'spki' }).equals(spki)) return undefined
  const details = key.asymmetricKeyDetails
  if (keyType.family === 'rsa') {
    const isOurs =
      key.asymmetricKeyType === 'rsa' &&
      details?.modulusLength === keyType.bits &&
      details.publicExponent === 65537n
    return isOurs ? { key, ec: undefined } : undefined
  }
  if (key.asymmetricKeyType !== 'ec' || details?.namedCurve !== NODE_CURVES[keyType.curveName])
    return undefined
  const pointLength = 1 + (2 * keyType.bits) / 8
  const encoded = spki.subarray(spki.length - pointLength)
  if (encoded[0] !== 0x04) return undefined
  const point = CURVES[keyType.curveName].Point.fromHex(encoded.toString('hex'))
  return { key, ec: { point } }
}
