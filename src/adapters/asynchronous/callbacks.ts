import { canonicalJson } from '../../../sap/canonical.ts'
import type { Egress } from '../../../egress/egress.ts'
import type { Clock } from '../../domain/time.ts'
import type { Audit } from '../../ports/audit.ts'
import type { Log } from '../../ports/log.ts'
import type { AsyncStore, ClaimedCallback } from '../db/asyncStore.ts'
import type { CallbackKey } from './callbackKey.ts'

export interface CallbackDeps {
  readonly store: AsyncStore
  readonly egress: Egress
  readonly key: CallbackKey
  readonly audit: Audit
  readonly clock: Clock
  readonly log: Log
  /** The service's URL, which the body names. */
  readonly issuer: string
  /** Milliseconds before each attempt after the first; then no more. */
  readonly delays: readonly number[]
}

export interface Callbacks {
  /** Makes what is due, now and later. */
  wake(): void
  /** No new attempt; waits for those under way. */
  close(): Promise<void>
}

/** Milliseconds for one attempt, whole. */
const WITHIN = 10_000

/** Attempts at one time. */
const MAX_UNDERWAY = 16

/** Of them, claimed at once for one user, who gets no more while as many are under way. */
const SHARE = 4

/** Bytes of an answer, which nobody reads. */
const MAX_ANSWER = 16 * 1024

/** Milliseconds, at most, that a timer waits: beyond 2^31 it would not. */
const MAX_WAIT = 3_600_000

/**
 * Tells clients that there is an outcome: one POST with a signed body to the `response_uri`, again with growing delay until
 * a 2xx comes, for a bounded number of times, also across restarts.
 */
export function createCallbacks(deps: CallbackDeps): Callbacks {
  const { store, clock } = deps
  const underway = new Map<Promise<void>, string>()
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let running = Promise.resolve()

  async function run(): Promise<void> {
    // The next one wakes it when it is done.
    if (underway.size >= MAX_UNDERWAY) return
    const places = { most: MAX_UNDERWAY - underway.size, mostOfUser: SHARE, without: usersAtShare() }
    const claimed = await store.claimCallbacks(clock.now(), places, (attempt) => {
      return clock.now() + WITHIN + (deps.delays[attempt - 1] ?? 0)
    })
    for (const callback of claimed) {
      const attempt: Promise<void> = deliver(deps, callback)
        .catch((error: unknown) => {
          deps.log.error({ event: 'callback-failed', err: error }, 'an attempt could not be recorded')
        })
        .finally(() => {
          underway.delete(attempt)
          wake()
        })
      underway.set(attempt, callback.userId)
    }
    const next = await store.nextCallback()
    // What is due and has no place is looked at when one of those under way is done.
    if (next !== undefined && (next > clock.now() || underway.size === 0))
      schedule(Math.max(0, next - clock.now()))
  }

  function usersAtShare(): readonly string[] {
    const users = [...underway.values()]
    return [...new Set(users)].filter((user) => users.filter((one) => one === user).length >= SHARE)
  }

  function schedule(milliseconds: number): void {
    if (isClosed) return
    clearTimeout(timer)
    timer = setTimeout(wake, Math.min(milliseconds, MAX_WAIT)).unref()
  }

  function wake(): void {
    if (isClosed) return
    running = running.then(run).catch((error: unknown) => {
      deps.log.error({ event: 'callback-failed', err: error }, 'callbacks cannot be read')
      schedule(WITHIN)
    })
  }

  return {
    wake,
    async close() {
      isClosed = true
      clearTimeout(timer)
      await running
      await Promise.all(underway.keys())
    },
  }
}

/** One attempt, whose number was counted before. */
async function deliver(deps: CallbackDeps, callback: ClaimedCallback): Promise<void> {
  const { responseId, requestId, attempt } = callback
  const problem = await send(deps, callback)
  const isLast = attempt > deps.delays.length
  if (problem === undefined || isLast) await deps.store.endCallback(responseId)
  else await deps.store.putOffCallback(responseId, deps.clock.now() + (deps.delays[attempt - 1] ?? 0))
  await deps.audit.record(
    problem === undefined
      ? { type: 'callback-delivered', requestId, attempt }
      : { type: 'callback-failed', requestId, attempt, isLast, reason: problem },
  )
}

/** Undefined when it arrived, else why not. */
async function send(deps: CallbackDeps, callback: ClaimedCallback): Promise<string | undefined> {
  const body = Buffer.from(
    canonicalJson({
      responseID: callback.responseId,
      status: callback.state,
      issuer: deps.issuer,
      time: new Date(deps.clock.now()).toISOString(),
      attempt: callback.attempt,
    }),
  )
  try {
    const { status } = await deps.egress.post({
      url: callback.uri,
      headers: { 'Content-Type': 'application/json', 'X-JWS-Signature': await deps.key.sign(body) },
      body,
      within: WITHIN,
      maxAnswer: MAX_ANSWER,
    })
    return status >= 200 && status <= 299 ? undefined : `status ${status}`
  } catch (error) {
    if (!(error instanceof Error)) return 'no answer'
    if (error.name === 'EgressRefused') return error.message
    return `no answer (${'code' in error && typeof error.code === 'string' ? error.code : error.name})`
  }
}
