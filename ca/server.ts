import { X509Certificate } from 'node:crypto'
import type { Logger } from 'pino'
import { CA_OPERATIONS } from '../sap/operations.ts'
import { certificateFingerprint, type Peer } from '../sap/transport/peer.ts'
import { listenAt, stopListening } from '../sap/transport/listen.ts'
import { createOperationServer } from '../sap/transport/server.ts'
import { ConfigError, type CaConfig } from './config.ts'
import { caHandlers, recordRefusal } from './handlers.ts'
import { readConfigured, tlsOf, type Ca } from './openCa.ts'

export interface RunningServer {
  /** Takes no new request, waits at most five seconds for those that run. */
  stop(): Promise<void>
}

/** Serves the CA's operations where the configuration says. Resolves when it listens. */
export async function startServer(ca: Ca, config: CaConfig, log: Logger): Promise<RunningServer> {
  const peers = readPeers(config)
  const server = createOperationServer({
    operations: CA_OPERATIONS,
    handlers: caHandlers(ca.deps),
    tls: tlsOf(config),
    peerOf: (fingerprint) => peers.get(fingerprint),
    async onRefusal(refusal) {
      const { operation, requestId, code, error, peer } = refusal
      if (code === 'internal') log.error({ operation, requestId, err: error })
      else log.info({ event: 'refused', operation, requestId, code, peer: peer?.name })
      await recordRefusal({ knex: ca.knex, journal: ca.deps.journal }, refusal)
    },
    onRejectedConnection(error) {
      log.warn({ event: 'connection rejected', reason: error.message })
    },
  })
  await listenAt(server, config.listen)
  return { stop: () => stopListening(server) }
}

function readPeers(config: CaConfig): ReadonlyMap<string, Peer> {
  const peers = new Map<string, Peer>()
  for (const [index, { name, role, certificate }] of config.peers.entries()) {
    const key = `peers.${index}.certificate`
    const pem = readConfigured(key, certificate)
    try {
      peers.set(certificateFingerprint(new X509Certificate(pem)), { name, role })
    } catch (error) {
      throw new ConfigError(`${key}: the file holds no certificate`, { cause: error })
    }
  }
  return peers
}
