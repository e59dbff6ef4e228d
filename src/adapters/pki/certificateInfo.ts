import { fromBER, ObjectIdentifier, Sequence } from 'asn1js'
import type { CertificateInfo } from '../../domain/credential.ts'
import { distinguishedName } from './distinguishedName.ts'
import { X509Certificate } from './x509.ts'

const CERTIFICATE_POLICIES = '2.5.29.32'
const QC_STATEMENTS = '1.3.6.1.5.5.7.1.3'

/** Reads what `credentials/info` shows of a certificate. Throws if the bytes are not one. */
export function certificateInfo(der: Uint8Array): CertificateInfo {
  const certificate = new X509Certificate(new Uint8Array(der))
  return {
    issuerDn: distinguishedName(new Uint8Array(certificate.issuerName.toArrayBuffer())),
    subjectDn: distinguishedName(new Uint8Array(certificate.subjectName.toArrayBuffer())),
    serialNumber: certificate.serialNumber.toUpperCase(),
    notBefore: certificate.notBefore.getTime(),
    notAfter: certificate.notAfter.getTime(),
    policies: identifiersIn(certificate, CERTIFICATE_POLICIES),
    qcStatements: identifiersIn(certificate, QC_STATEMENTS),
  }
}

/**
 * Both extensions are a SEQUENCE of SEQUENCEs that begin with an OID. What is not, is left out: a certificate with an odd
 * extension still has a name.
 */
function identifiersIn(certificate: X509Certificate, extension: string): readonly string[] {
  const value = certificate.getExtension(extension)?.value
  if (value === undefined) return []
  const { result } = fromBER(value)
  if (!(result instanceof Sequence)) return []
  const firsts = result.valueBlock.value.map((entry) =>
    entry instanceof Sequence ? entry.valueBlock.value[0] : undefined,
  )
  return firsts.filter((first) => first instanceof ObjectIdentifier).map((first) => first.getValue())
}
