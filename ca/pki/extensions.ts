import type { CaConfig } from '../config.ts'
import { keyIdentifier, type Authority } from './authority.ts'
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  CertificatePolicyExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  type Extension,
} from './x509.ts'

/** DER of each extension of a CA certificate (RFC 5280 §4.2.1). A path length of 0 allows no CA below it. */
export function authorityExtensions(
  publicKey: Uint8Array,
  issuerPublicKey: Uint8Array,
  pathLength: number | undefined,
): readonly Buffer[] {
  return [
    new BasicConstraintsExtension(true, pathLength, true),

    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    new SubjectKeyIdentifierExtension(keyIdentifier(publicKey)),
    new AuthorityKeyIdentifierExtension(keyIdentifier(issuerPublicKey)),
  ].map(derOf)
}

/**
 * DER of each extension of a signer's certificate: nonRepudiation and nothing else may be done with the key (ETSI EN
 * 319 412-2 §4.3.2, type A).
 */
export function signerExtensions(
  publicKey: Uint8Array,
  issuer: Authority,
  certificates: CaConfig['certificates'],
): readonly Buffer[] {
  const { policies, caIssuersUrl, ocspUrl, crlUrl } = certificates
  const access = {
    ...(caIssuersUrl !== undefined && { caIssuers: caIssuersUrl }),
    ...(ocspUrl !== undefined && { ocsp: ocspUrl }),
  }
  const extensions: readonly Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.nonRepudiation, true),
    new SubjectKeyIdentifierExtension(keyIdentifier(publicKey)),
    new AuthorityKeyIdentifierExtension(keyIdentifier(issuer.publicKey)),
    ...(policies.length > 0 ? [new CertificatePolicyExtension([...policies])] : []),
    ...(Object.keys(access).length > 0 ? [new AuthorityInfoAccessExtension(access)] : []),
    ...(crlUrl === undefined ? [] : [new CRLDistributionPointsExtension([crlUrl])]),
  ]
  return extensions.map(derOf)
}

function derOf(extension: Extension): Buffer {
  return Buffer.from(extension.rawData)
}
