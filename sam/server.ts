import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Server } from 'node:https'
import type { Logger } from 'pino'
import { SAM_OPERATIONS } from '../sap/operations.ts'
import { createOperationServer } from '../sap/transport/server.ts'
import type { SamDeps } from './deps.ts'
import { recordRefusal, samHandlers } from './handlers.ts'
import { readPeers } from './peers.ts'
import { recordRejectedConnections } from './rejectedConnections.ts'

export interface RunningServer {
  /** Takes no new request, waits at most five seconds for those that run. */
  stop(): Promise<void>
}

const STOP_PATIENCE_MS = 5_000

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
      await stop(server)
      await rejected.flush()
    },
  }
}

function listenAt(server: Server, listen: SamDeps['config']['listen']): Promise<void> {
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
