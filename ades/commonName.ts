import type { X509Certificate } from 'node:crypto'

/** Whose certificate it is, for people: the common name, or the whole subject if there is none. */
export function commonName(certificate: X509Certificate): string {
  const { CN: name } = certificate.toLegacyObject().subject
  if (typeof name === 'string' && name !== '') return name
  return certificate.subject.replaceAll('\n', ', ')
}
