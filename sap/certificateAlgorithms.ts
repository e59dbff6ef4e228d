import { SIGNATURE_ALGORITHMS, type KeyType, type SignatureScheme } from './algorithms.ts'
import { DER_NULL, bitString, objectIdentifier, sequence } from './der.ts'
import { ecdsaDer } from './ecdsaSignature.ts'

export type CertificateScheme = Exclude<SignatureScheme, { name: 'rsa-pss' }>

/** The scheme in which a key signs certificates and requests for them: a digest of its own strength. */
export function certificateScheme(keyType: KeyType): CertificateScheme {
  if (keyType.family === 'rsa') return { name: 'rsa-pkcs1', digest: 'sha256' }
  return { name: 'ecdsa', digest: keyType.name === 'p-384' ? 'sha384' : 'sha256' }
}

/** AlgorithmIdentifier of such a signature: RFC 4055 §5 (NULL), RFC 5758 §3.2 (no parameters). */
export function signatureAlgorithmIdentifier(scheme: CertificateScheme): Buffer {
  const algorithm = SIGNATURE_ALGORITHMS.find(
    (candidate) => candidate.scheme === scheme.name && candidate.digest === scheme.digest,
  )
  if (algorithm === undefined) throw new RangeError(`no algorithm for ${scheme.name} with ${scheme.digest}`)
  const oid = objectIdentifier(algorithm.oid)
  return algorithm.family === 'rsa' ? sequence(oid, DER_NULL) : sequence(oid)
}

/**
 * A signed structure of X.509 or PKCS#10: what was signed, the algorithm, the signature. `signature` as the HSM
 * returns it: RSA octets, ECDSA raw r‖s.
 */
export function signedStructure(
  toBeSigned: Uint8Array,
  keyType: KeyType,
  scheme: CertificateScheme,
  signature: Uint8Array,
): Buffer {
  const value = keyType.family === 'ec' ? ecdsaDer(signature, keyType) : signature
  return sequence(toBeSigned, signatureAlgorithmIdentifier(scheme), bitString(value))
}
