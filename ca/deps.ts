import type { Hsm, InfrastructureKey } from '../hsm/hsm.ts'
import type { SamOperations } from '../sap/operations.ts'
import type { OperationClient } from '../sap/transport/client.ts'
import type { CaConfig } from './config.ts'
import type { Journal } from './journal/journal.ts'
import type { Authority } from './pki/authority.ts'
import type { Certificates } from './state/certificates.ts'

/** Everything that issuing takes. Made once, in `openCa.ts`. */
export interface CaDeps {
  readonly config: Pick<CaConfig, 'acceptedProfiles' | 'certificates'>
  /** Milliseconds since 1970. */
  now(): number
  readonly hsm: Pick<Hsm, 'random' | 'signWithResident'>
  readonly issuing: Authority & { readonly key: InfrastructureKey }
  readonly sam: Pick<OperationClient<SamOperations>, 'call'>
  /** PEM SPKI. */
  readonly samIdentityKey: string
  readonly certificates: Certificates
  readonly journal: Journal
}
