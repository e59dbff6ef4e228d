import { X509Certificate, createHash, createPublicKey } from 'node:crypto'
import type { Hsm, InfrastructureKey } from '../../hsm/hsm.ts'
import type { EcKeyType } from '../../sap/algorithms.ts'
import {
  certificateScheme,
  signatureAlgorithmIdentifier,
  signedStructure,
} from '../../sap/certificateAlgorithms.ts'
import { der, sequence, tagged, unsignedInteger } from '../../sap/der.ts'

/** What a certificate says, besides who signs it. */
export interface CertificateContent {
  /** Unsigned, big-endian, at most 20 bytes with its sign. */
  readonly serialNumber: Buffer
  /** DER Names. */
  readonly issuer: Buffer
  readonly subject: Buffer
  /** Milliseconds since 1970; whole seconds are written. */
  readonly notBefore: number
  readonly notAfter: number
  /** DER SPKI. */
  readonly publicKey: Buffer
  /** DER of each. */
  readonly extensions: readonly Buffer[]
}

export interface Signer {
  readonly key: InfrastructureKey
  readonly keyType: EcKeyType
  /** DER SPKI. */
  readonly publicKey: Buffer
}

/** DER of TBSCertificate (RFC 5280 §4.1), for a signer with a key of this type. */
export function toBeSigned(content: CertificateContent, signerKeyType: EcKeyType): Buffer {
  const version3 = tagged(0, unsignedInteger(Buffer.of(2)))
  return sequence(
    version3,
    unsignedInteger(content.serialNumber),
    signatureAlgorithmIdentifier(certificateScheme(signerKeyType)),
    content.issuer,
    sequence(time(content.notBefore), time(content.notAfter)),
    content.subject,
    content.publicKey,
    tagged(3, sequence(...content.extensions)),
  )
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '')
  return digits < '2050' ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits))
}

/**
 * Signs a TBSCertificate in the HSM and answers the certificate. Throws Error if the signature is not good: what the
 * token returned is checked by other means before anybody gets it.
 */
export async function signCertificate(
  hsm: Pick<Hsm, 'signWithResident'>,
  signer: Signer,
  tbs: Buffer,
): Promise<Buffer> {
  const scheme = certificateScheme(signer.keyType)
  const digest = createHash(scheme.digest).update(tbs).digest()
  const signature = await hsm.signWithResident(signer.key, scheme, digest)
  const certificate = signedStructure(tbs, signer.keyType, scheme, signature)
  const publicKey = createPublicKey({ key: signer.publicKey, format: 'der', type: 'spki' })
  if (!new X509Certificate(certificate).verify(publicKey))
    throw new Error('the signature of a certificate is wrong')
  return certificate
}
