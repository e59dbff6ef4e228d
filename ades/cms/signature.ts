import { constants, verify, type X509Certificate } from 'node:crypto'
import type { SignatureScheme } from '../../sap/algorithms.ts'

/** Whether the signature over `signed` (not its digest) is the certificate's key's. ECDSA: DER. */
export function isSignatureOf(
  certificate: X509Certificate,
  input: { readonly scheme: SignatureScheme; readonly signed: Buffer; readonly signature: Buffer },
): boolean {
  const { scheme, signed, signature } = input
  const key = certificate.publicKey
  switch (scheme.name) {
    case 'rsa-pkcs1':
      return verify(scheme.digest, signed, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
    case 'rsa-pss': {
      const padding = constants.RSA_PKCS1_PSS_PADDING
      return verify(scheme.digest, signed, { key, padding, saltLength: scheme.saltLength }, signature)
    }
    case 'ecdsa':
      return verify(scheme.digest, signed, { key, dsaEncoding: 'der' }, signature)
  }
}

const CURVE_BYTES: Readonly<Record<string, number>> = { prime256v1: 32, secp384r1: 48, secp521r1: 66 }

/** The most bytes that a signature of the certificate's key takes. Throws RangeError for keys that are not RSA or NIST. */
export function maximumSignatureLength(certificate: X509Certificate): number {
  const { modulusLength, namedCurve } = certificate.publicKey.asymmetricKeyDetails ?? {}
  if (modulusLength !== undefined) return Math.ceil(modulusLength / 8)
  const coordinate = CURVE_BYTES[namedCurve ?? '']
  if (coordinate === undefined) throw new RangeError('the certificate has a key of another kind')
  // Two INTEGERs with tag, length and sign octet each, in a SEQUENCE with up to three octets before it.
  return 2 * (coordinate + 3) + 3
}
