import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import type { Server } from 'node:https'
import { dirname } from 'node:path'
import type { Logger } from 'pino'
import { CA_OPERATIONS } from '../sap/operations.ts'
import { certificateFingerprint, type Peer } from '../sap/transport/peer.ts'
import { createOperationServer } from '../sap/transport/server.ts'
import { ConfigError, type CaConfig } from './config.ts'
import { caHandlers, recordRefusal } from './handlers.ts'
import { readConfigured, tlsOf, type Ca } from './openCa.ts'

export interface RunningServer {
  /** Takes no new request, waits at most five seconds for those that run. */
  stop(): Promise<void>
}

const STOP_PATIENCE_MS = 5_000

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
  return { stop: () => stop(server) }
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

function listenAt(server: Server, listen: CaConfig['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    if ('socketPath' in listen) {
      mkdirSync(dirname(listen.socketPath), { recursive: true })
      // Left by a process that was killed; a living one is kept out by the supervisor's lock.
      rmSync(listen.socketPath, { force: true })
      server.listen(listen.socketPath, () => {
        // Who may speak is decided by certificate, not by file mode.
        chmodSync(listen.socketPath, 0o666)
        resolve()
      })
    } else {
      server.listen(listen.port, listen.host, resolve)
    }
  })
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => {
      server.closeAllConnections()
    }, STOP_PATIENCE_MS)
    server.close(() => {
      clearTimeout(patience)
      resolve()
    })
    server.closeIdleConnections()
  })
}
