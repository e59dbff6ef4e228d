import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from '../wire/service.ts'

/** Time for a service to come back after it ended. */
const PATIENCE_MS = 5_000
const PAUSE_MS = 250

/** Whether the service answers `info`, with whatever it be: asked again and again for a few seconds. */
export async function isThere(service: Service): Promise<boolean> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    if (await answersWithin(service, end - performance.now())) return true
    if (performance.now() + PAUSE_MS > end) return false
    await sleep(PAUSE_MS)
  }
}

async function answersWithin(service: Service, milliseconds: number): Promise<boolean> {
  const headers = { 'content-type': 'application/json' }
  const ending = new AbortController()
  const silence = sleep(milliseconds, false, { signal: ending.signal }).catch(() => false)
  // A set of connections of its own: those of the run may hang.
  const answer = service.withConnections(1).send({ verb: 'POST', path: 'info', headers, body: '{}' })
  const isAnswered = await Promise.race([answer.then(() => true).catch(() => false), silence])
  ending.abort()
  return isAnswered
}
