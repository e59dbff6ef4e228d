import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import { SAM_OPERATIONS } from '../sap/operations.ts'
import { listenAt, stopListening } from '../sap/transport/listen.ts'
import { createOperationServer } from '../sap/transport/server.ts'
import type { SamDeps } from './deps.ts'
import { recordRefusal, samHandlers } from './handlers.ts'
import { readPeers } from './peers.ts'
import { recordRejectedConnections } from './rejectedConnections.ts'

export interface RunningServer {
  /** Takes no new request, waits at most five seconds for those that run. */
  stop(): Promise<void>
}

/** Serves the SAP where the configuration says. Resolves when it listens. */
export async function startServer(deps: SamDeps, log: Logger): Promise<RunningServer> {
  const { tls, listen } = deps.config
  const peers = await readPeers(deps)
  const rejected = recordRejectedConnections(deps)
  const server = createOperationServer({
    operations: SAM_OPERATIONS,
    handlers: samHandlers(deps),
    tls: {
      cert: readFileSync(tls.certificate, 'utf8'),
      key: readFileSync(tls.key, 'utf8'),
      ca: readFileSync(tls.authority, 'utf8'),
    },
    peerOf: (fingerprint) => peers.get(fingerprint),
    async onRefusal(refusal) {
      const { operation, requestId, code, error } = refusal
      if (code === 'internal') log.error({ operation, requestId, err: error })
      else if (code === 'unavailable') log.warn({ event: 'refused', operation, requestId, code, err: error })
      else log.info({ event: 'refused', operation, requestId, code, peer: refusal.peer?.name })
      await recordRefusal(deps, refusal)
    },
    onRejectedConnection(error) {
      log.warn({ event: 'connection rejected', reason: error.message })
      rejected.note()
    },
  })
  await listenAt(server, listen)
  return {
    async stop() {
      await stopListening(server)
      await rejected.flush()
    },
  }
}
