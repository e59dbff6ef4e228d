import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import type { Server } from 'node:https'
import { dirname } from 'node:path'

/** Where a process serves its operations. */
export type ListenAddress = { readonly socketPath: string } | { readonly host: string; readonly port: number }

const STOP_PATIENCE_MS = 5_000

/** Resolves when the server listens. A socket file that a killed process left is replaced. */
export function listenAt(server: Server, listen: ListenAddress): Promise<void> {
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

/** Takes no new request, waits at most five seconds for those that run. */
export function stopListening(server: Server): Promise<void> {
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
