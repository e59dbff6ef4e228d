import { createHash } from 'node:crypto'
import type { KeyType, SignatureScheme } from '../../sap/algorithms.ts'
import { certificateScheme, signedStructure } from '../../sap/certificateAlgorithms.ts'
import { sequence, tagged, unsignedInteger } from '../../sap/der.ts'
import { subjectName, type SignerSubject } from '../../sap/subjectName.ts'
import { verifySignature } from './verifySignature.ts'

export interface CertificationRequestInput {
  readonly subject: SignerSubject
  /** DER SPKI. */
  readonly publicKey: Buffer
  readonly keyType: KeyType
  /** Signs the digest of CertificationRequestInfo. RSA octets, ECDSA raw r‖s. */
  sign(digest: Buffer, scheme: SignatureScheme): Promise<Buffer>
}

/**
 * DER of a PKCS#10 request (RFC 2986) without attributes, signed by the key that it names: RSA and P-256 with
 * SHA-256, P-384 with SHA-384. Throws RangeError for a name that X.509 cannot hold, Error for a wrong signature.
 */
export async function buildCertificationRequest(input: CertificationRequestInput): Promise<Buffer> {
  const { publicKey, keyType } = input
  const info = sequence(unsignedInteger(Buffer.of(0)), subjectName(input.subject), publicKey, tagged(0))
  const scheme = certificateScheme(keyType)
  const digest = createHash(scheme.digest).update(info).digest()
  const signature = await input.sign(digest, scheme)
  if (!verifySignature({ publicKey, keyType, scheme, digest, signature }))
    throw new Error('the signature of the certification request is wrong')
  return signedStructure(info, keyType, scheme, signature)
}
