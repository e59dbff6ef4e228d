import { createHash, type X509Certificate } from 'node:crypto'
import type { Role } from '../operations.ts'

/** The other end of a SAP connection, as its enrolled certificate tells. */
export interface Peer {
  readonly name: string
  readonly role: Role
}

/** SHA-256 of a certificate's DER, hex: how a register of peers knows it. */
export function certificateFingerprint(certificate: X509Certificate | Uint8Array): string {
  const der = certificate instanceof Uint8Array ? certificate : certificate.raw
  return createHash('sha256').update(der).digest('hex')
}
