import {
  DIGESTS,
  RSASSA_PSS,
  SIGNATURE_ALGORITHMS,
  type DigestName,
  type SignatureScheme,
} from '../../sap/algorithms.ts'
import { explicit, integer, nul, oid, sequence } from './der.ts'

const MGF1 = '1.2.840.113549.1.1.8'

/** RFC 5754 §2: no parameters. */
export function digestAlgorithmIdentifier(digest: DigestName): Buffer {
  return sequence(oid(DIGESTS[digest].oid))
}

/** The OID that names scheme and digest; for RSASSA-PSS the parameters name the digest. */
export function signatureAlgorithmOid({ name, digest }: SignatureScheme): string {
  if (name === 'rsa-pss') return RSASSA_PSS
  const algorithm = SIGNATURE_ALGORITHMS.find((entry) => entry.scheme === name && entry.digest === digest)
  if (algorithm === undefined) throw new RangeError(`${name} with ${digest} has no OID`)
  return algorithm.oid
}

/** RSASSA-PSS-params (RFC 4055 §3.1): one digest for all, its length as salt; also CSC `signAlgoParams`. */
export function pssParameters({ digest, saltLength }: { digest: DigestName; saltLength: number }): Buffer {
  const hash = sequence(oid(DIGESTS[digest].oid), nul())
  return sequence(explicit(0, hash), explicit(1, sequence(oid(MGF1), hash)), explicit(2, integer(saltLength)))
}

/** What stands in a SignerInfo: RSA with NULL (RFC 4055 §5), ECDSA without parameters (RFC 5758 §3.2). */
export function signatureAlgorithmIdentifier(scheme: SignatureScheme): Buffer {
  const algorithm = oid(signatureAlgorithmOid(scheme))
  switch (scheme.name) {
    case 'rsa-pkcs1':
      return sequence(algorithm, nul())
    case 'rsa-pss':
      return sequence(algorithm, pssParameters(scheme))
    case 'ecdsa':
      return sequence(algorithm)
  }
}
