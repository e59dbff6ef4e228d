import { readFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { CA_OPERATIONS, SAM_OPERATIONS, type CaOperations, type SamOperations } from '../../sap/operations.ts'
import { createOperationClient, type OperationClient } from '../../sap/transport/client.ts'
import type { Identity, OfficerConfig, Place } from './officerConfig.ts'

export type SamClient = OperationClient<SamOperations>
export type CaClient = OperationClient<CaOperations>

/** A connection to the SAM in one of the two roles. Close it when done. */
export function openSam(config: OfficerConfig, role: 'ra' | 'officer'): SamClient {
  return createOperationClient({ operations: SAM_OPERATIONS, ...target(config, config.sam, config[role]) })
}

/** A connection to the issuing CA, as registration officer. Close it when done. */
export function openCa(config: OfficerConfig): CaClient {
  return createOperationClient({ operations: CA_OPERATIONS, ...target(config, config.ca, config.ra) })
}

/** A new id for one request: it stands in the journal of whoever answers. */
export function newRequestId(): string {
  return randomUUID()
}

function target(
  config: OfficerConfig,
  place: Place,
  identity: Identity,
): { url: string; socketPath?: string; tls: { cert: string; key: string; ca: string }; connections: number } {
  return {
    // With a socket the host only names the certificate.
    url: 'url' in place ? place.url : 'https://localhost',
    ...('socketPath' in place && { socketPath: place.socketPath }),
    tls: {
      cert: readFileSync(identity.certificate, 'utf8'),
      key: readFileSync(identity.key, 'utf8'),
      ca: readFileSync(config.authority, 'utf8'),
    },
    connections: 1,
  }
}
