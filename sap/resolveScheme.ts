import {
  DIGESTS,
  RSASSA_PSS,
  digestByOid,
  signatureAlgorithmByOid,
  type DigestName,
  type KeyType,
  type SignatureScheme,
} from './algorithms.ts'
import { parsePssParameters } from './pssParameters.ts'

export interface SchemeRequest {
  /** OID, `signAlgo`. */
  readonly signAlgorithm: string
  /** OID, `hashAlgo`; needed for rsaEncryption only, but never allowed to contradict. */
  readonly hashAlgorithm?: string | undefined
  /** BER of the parameters, `signAlgoParams`; needed for RSASSA-PSS, ignored when NULL or empty for others. */
  readonly parameters?: Uint8Array | undefined
}

export type SchemeRefusal =
  | 'sign_algorithm_invalid'
  | 'sign_algorithm_parameters_missing'
  | 'sign_algorithm_parameters_invalid'
  | 'hash_algorithm_missing'
  | 'hash_algorithm_invalid'

/** Bytes of the largest salt that fits (RFC 8017 §9.1.1): emLen - hLen - 2, with emBits = modulus bits - 1. */
export function maximumSaltLength(modulusBits: number, digest: DigestName): number {
  return Math.ceil((modulusBits - 1) / 8) - DIGESTS[digest].length - 2
}

/**
 * Settles which scheme a request means for a key, or why it means none. A `hashAlgo` that contradicts `signAlgo`
 * is refused, never resolved by guessing (CSC API v1.0.4.0 §11.9 lets a service ignore it; docs/divergences.md).
 */
export function resolveScheme(keyType: KeyType, request: SchemeRequest): SignatureScheme | SchemeRefusal {
  const named = request.hashAlgorithm === undefined ? undefined : digestByOid(request.hashAlgorithm)
  if (request.hashAlgorithm !== undefined && named === undefined) return 'hash_algorithm_invalid'

  const algorithm = signatureAlgorithmByOid(request.signAlgorithm)
  if (algorithm?.family !== keyType.family) return 'sign_algorithm_invalid'
  if (algorithm.oid === RSASSA_PSS) return resolvePss(keyType, named?.name, request.parameters)

  // RSA and ECDSA identifiers carry NULL or no parameters: anything else is not what the client thinks it is.
  const parameters = request.parameters
  if (parameters !== undefined && parameters.length > 0 && !isNull(parameters))
    return 'sign_algorithm_parameters_invalid'
  const digest = algorithm.digest ?? named?.name
  if (digest === undefined) return 'hash_algorithm_missing'
  if (named !== undefined && named.name !== digest) return 'hash_algorithm_invalid'
  return algorithm.scheme === 'ecdsa' ? { name: 'ecdsa', digest } : { name: 'rsa-pkcs1', digest }
}

function resolvePss(
  keyType: KeyType,
  named: DigestName | undefined,
  bytes: Uint8Array | undefined,
): SignatureScheme | SchemeRefusal {
  if (bytes === undefined || bytes.length === 0) return 'sign_algorithm_parameters_missing'
  const parameters = parsePssParameters(bytes)
  if (parameters === undefined) return 'sign_algorithm_parameters_invalid'
  const { digest, saltLength } = parameters
  if (named !== undefined && named !== digest) return 'hash_algorithm_invalid'
  // From the digest length (the default) to the maximum, which pyHanko asks for.
  if (saltLength < DIGESTS[digest].length || saltLength > maximumSaltLength(keyType.bits, digest))
    return 'sign_algorithm_parameters_invalid'
  return { name: 'rsa-pss', digest, saltLength }
}

function isNull(bytes: Uint8Array): boolean {
  return bytes.length === 2 && bytes[0] === 0x05 && bytes[1] === 0x00
}
