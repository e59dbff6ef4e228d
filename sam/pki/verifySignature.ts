import { DIGESTS, type KeyType, type SignatureScheme } from '../../sap/algorithms.ts'
import { parsePublicKey } from './publicKey.ts'
import { verifyEcdsaDigest } from './verifyEcdsa.ts'
import { verifyRsaDigest } from './verifyRsa.ts'

export interface SignatureToVerify {
  /** DER SPKI. */
  readonly publicKey: Buffer
  readonly keyType: KeyType
  readonly scheme: SignatureScheme
  readonly digest: Buffer
  /** RSA: modulus-size octets. ECDSA: raw r‖s. */
  readonly signature: Buffer
}

/**
 * Whether a signature over a digest that was computed before is good. The HSM has no part in it: a token that errs
 * or was made to err is found out here, before a signature is released. True only for exactly this scheme, digest
 * and key; whatever is malformed is false. Never throws.
 */
export function verifySignature(input: SignatureToVerify): boolean {
  const { keyType, scheme, digest, signature } = input
  if (digest.length !== DIGESTS[scheme.digest].length) return false
  const publicKey = parsePublicKey(input.publicKey, keyType)
  if (publicKey === undefined) return false
  if (keyType.family === 'rsa')
    return scheme.name !== 'ecdsa' && verifyRsaDigest(publicKey.key, keyType, scheme, digest, signature)
  return (
    scheme.name === 'ecdsa' &&
    publicKey.ec !== undefined &&
    verifyEcdsaDigest(publicKey.ec, keyType, digest, signature)
  )
}
