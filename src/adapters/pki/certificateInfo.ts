import type { CertificateInfo } from '../../domain/credential.ts'
import { distinguishedName } from './distinguishedName.ts'
import { X509Certificate } from './x509.ts'

/** Reads what `credentials/info` shows of a certificate. Throws if the bytes are not one. */
export function certificateInfo(der: Uint8Array): CertificateInfo {
  const certificate = new X509Certificate(new Uint8Array(der))
  return {
    issuerDn: distinguishedName(new Uint8Array(certificate.issuerName.toArrayBuffer())),
    subjectDn: distinguishedName(new Uint8Array(certificate.subjectName.toArrayBuffer())),
    serialNumber: certificate.serialNumber.toUpperCase(),
    notBefore: certificate.notBefore.getTime(),
    notAfter: certificate.notAfter.getTime(),
  }
}
