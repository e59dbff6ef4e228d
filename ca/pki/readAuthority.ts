import { X509Certificate } from 'node:crypto'
import { TokenUnfit } from '../../hsm/errors.ts'
import type { EcKeyType } from '../../sap/algorithms.ts'
import type { Authority } from './authority.ts'
import { X509Certificate as ReadCertificate } from './x509.ts'

/**
 * The issuing CA from its own certificate. Throws TokenUnfit unless it is for this very key and signed by the root's.
 */
export function readAuthority(
  certificate: Buffer,
  key: { readonly publicKey: Buffer; readonly keyType: EcKeyType },
  root: Buffer,
): Authority {
  const read = new ReadCertificate(Uint8Array.from(certificate))
  if (!Buffer.from(read.publicKey.rawData).equals(key.publicKey))
    throw new TokenUnfit('the certificate of the issuing CA is not for the key in the token')
  const issuer = new X509Certificate(root)
  const issued = new X509Certificate(certificate)
  if (!issued.checkIssued(issuer) || !issued.verify(issuer.publicKey))
    throw new TokenUnfit('the certificate of the issuing CA is not signed by the root')
  return {
    name: Buffer.from(read.subjectName.toArrayBuffer()),
    publicKey: key.publicKey,
    keyType: key.keyType,
    notAfter: read.notAfter.getTime(),
    certificate,
  }
}
