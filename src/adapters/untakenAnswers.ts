import type { Server, ServerResponse } from 'node:http'

export interface AnswerBounds {
  /** Milliseconds for an answer to be taken, whole. */
  readonly answerWithin: number
  /** Bytes of answers that are still to be taken, all together. */
  readonly answerBytes: number
}

/** Milliseconds between two looks; what is answered between them may go beyond `answerBytes`. */
const LOOK_EVERY = 100

/**
 * Ends connections on which an answer lies for too long, however slowly it is taken: until then it is held in memory. Counts
 * from when the answer was begun, which here is when all of it is known. Where too many bytes lie, it ends those that
 * were asked for first.
 */
export function endUntakenAnswers(server: Server, bounds: AnswerBounds): void {
  const begun = new Map<ServerResponse, number | undefined>()
  server.on('request', (_request, response) => {
    begun.set(response, undefined)
    response.once('close', () => begun.delete(response))
  })
  const look = (): void => {
    const now = performance.now()
    let held = 0
    for (const [response, since] of begun) {
      // Of an answer that waited behind another one nothing is told when its connection ends.
      if (response.req.socket.destroyed) begun.delete(response)
      else if (response.headersSent && !response.writableFinished) {
        if (since === undefined) begun.set(response, now)
        if (now - (since ?? now) > bounds.answerWithin) response.destroy()
        else held += response.writableLength
      }
    }
    for (const response of begun.keys()) {
      if (held <= bounds.answerBytes) return
      if (!response.headersSent || response.destroyed) continue
      held -= response.writableLength
      response.destroy()
    }
  }
  const looking = setInterval(look, Math.min(LOOK_EVERY, bounds.answerWithin / 4)).unref()
  server.once('close', () => {
    clearInterval(looking)
  })
}
