import { createHash } from 'node:crypto'
import { KEY_TYPES, type EcKeyType, type KeyType } from '../../sap/algorithms.ts'
import { BIT_STRING, derElements } from '../../sap/der.ts'

/** A CA as far as a certificate under it is concerned. */
export interface Authority {
  /** DER of its X.501 Name. */
  readonly name: Buffer
  /** DER SPKI. */
  readonly publicKey: Buffer
  readonly keyType: EcKeyType
  /** Milliseconds since 1970: nothing under it is valid for longer. */
  readonly notAfter: number
  /** DER of its certificate. */
  readonly certificate: Buffer
}

/** The two key types that a CA's own key may have. */
export const AUTHORITY_KEY_TYPES: Readonly<Record<'p-256' | 'p-384', EcKeyType>> = {
  'p-256': ecKeyType(KEY_TYPES['p-256']),
  'p-384': ecKeyType(KEY_TYPES['p-384']),
}

function ecKeyType(keyType: KeyType): EcKeyType {
  if (keyType.family !== 'ec') throw new TypeError(`${keyType.name} is no EC key type`)
  return keyType
}

/**
 * Key identifier of a DER SPKI, hex: the first 160 bits of SHA-256 over the content of its BIT STRING (RFC 7093 §2,
 * method 1), for subject and authority key identifier alike. Throws RangeError on anything else than a SPKI.
 */
export function keyIdentifier(publicKey: Uint8Array): string {
  const [outer] = derElements(publicKey) ?? []
  const bits = derElements(outer?.content ?? publicKey)?.[1]
  if (bits?.tag !== BIT_STRING) throw new RangeError('not a SubjectPublicKeyInfo')
  return createHash('sha256').update(bits.content.subarray(1)).digest('hex').slice(0, 40)
}
