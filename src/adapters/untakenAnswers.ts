import type { Server, ServerResponse } from 'node:http'

/**
 * Ends connections on which an answer lies for longer than `within` milliseconds, however slowly it is taken: until then it
 * is held in memory. Counts from when the answer was begun, which here is when all of it is known.
 */
export function endUntakenAnswers(server: Server, within: number): void {
  const begun = new Map<ServerResponse, number | undefined>()
  server.on('request', (_request, response) => {
    begun.set(response, undefined)
    response.once('close', () => begun.delete(response))
  })
  const look = (): void => {
    const now = performance.now()
    for (const [response, since] of begun) {
      if (!response.headersSent || response.writableFinished) continue
      if (since === undefined) begun.set(response, now)
      else if (now - since > within) response.destroy()
    }
  }
  const looking = setInterval(look, Math.min(1000, within / 4)).unref()
  server.once('close', () => {
    clearInterval(looking)
  })
}
