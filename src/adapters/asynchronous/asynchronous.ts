import { Refusal } from '../../domain/errors.ts'
import type { Caller } from '../../domain/principal.ts'
import { newToken } from '../../domain/secrets.ts'
import type { Clock } from '../../domain/time.ts'
import type { Asynchronous, AsyncRequest, AsyncResult } from '../../ports/asynchronous.ts'
import type { Audit, AuditEvent, EventContext } from '../../ports/audit.ts'
import type { Log } from '../../ports/log.ts'
import type { AsyncOutcome, AsyncStore } from '../db/asyncStore.ts'
import type { Callbacks } from './callbacks.ts'
import { completed, failed, refusalIn, resultIn } from './outcome.ts'

export interface AsynchronousDeps {
  readonly store: AsyncStore
  readonly callbacks: Callbacks
  /** Throws for a URI that must not be called. */
  readonly checkUri: (uri: string) => void
  readonly audit: Audit
  readonly clock: Clock
  readonly log: Log
  readonly validity: Asynchronous['validity']
}

export interface RunningAsynchronous extends Asynchronous {
  /** Takes no more, and gives what runs at most `within` milliseconds. */
  close(within: number): Promise<void>
}

/** The weight of all requests whose work is in this process's memory, at most. */
const MAX_WEIGHT = 64

/** Of it, that of one user: nobody shall keep all others out. */
const MAX_WEIGHT_OF_USER = 32

/** Milliseconds after which work that has given no outcome has none: more than the SAM may take. */
const PENDING_AT_MOST = 120_000

const SWEEP_EVERY = 60_000

/** Starts with giving up what this node had begun before it stopped: the SADs were in its memory. */
export async function startAsynchronous(deps: AsynchronousDeps): Promise<RunningAsynchronous> {
  const { store, clock, log } = deps
  const running = new Map<Promise<void>, AsyncRequest>()
  const lost = await store.settleOlder(Number.MAX_SAFE_INTEGER, failed(undefined), clock.now())
  if (lost > 0) log.warn({ event: 'async-lost', requests: lost }, 'requests that were begun were lost')
  const sweep = (): void => {
    tidy(deps).catch((error: unknown) => {
      log.error({ event: 'async-sweep-failed', err: error }, 'outcomes could not be tidied up')
    })
  }
  sweep()
  const sweeping = setInterval(sweep, SWEEP_EVERY).unref()
  deps.callbacks.wake()
  return {
    validity: deps.validity,
    checkResponseUri(uri) {
      try {
        deps.checkUri(uri)
      } catch (error) {
        // It names the rule, not the URI.
        const detail = error instanceof Error ? error.message : undefined
        throw new Refusal('response_uri_invalid', { cause: error, detail })
      }
    },
    async accept(request, work) {
      requireRoom([...running.values()], request)
      const responseId = newToken()
      // The place is taken before anything is awaited.
      let begin: () => void = () => undefined
      let giveUp: (error: unknown) => void = () => undefined
      const begun = new Promise<void>((resolve, reject) => {
        begin = resolve
        giveUp = reject
      })
      const job: Promise<void> = begun
        .then(() => run(deps, responseId, request, work))
        .catch(() => undefined)
        .finally(() => running.delete(job))
      running.set(job, request)
      try {
        await keep(deps, responseId, request)
      } catch (error) {
        giveUp(error)
        throw error
      }
      begin()
      return responseId
    },
    find: (caller, responseId) => find(deps, caller, responseId),
    async close(within) {
      clearInterval(sweeping)
      const timeout = new Promise((resolve) => setTimeout(resolve, within).unref())
      await Promise.race([Promise.all([...running.keys(), deps.callbacks.close()]), timeout])
    },
  }
}

function requireRoom(running: readonly AsyncRequest[], request: AsyncRequest): void {
  const own = running.filter(({ caller }) => caller.userId === request.caller.userId)
  const weightOf = (requests: readonly AsyncRequest[]): number =>
    requests.reduce((sum, { weight }) => sum + weight, request.weight)
  if (weightOf(running) > MAX_WEIGHT || weightOf(own) > MAX_WEIGHT_OF_USER)
    throw new Refusal('unavailable', { detail: 'too many requests run' })
}

/** Forgets what has expired, and gives up what has been pending for longer than any work takes. */
async function tidy({ store, clock, callbacks }: AsynchronousDeps): Promise<void> {
  const now = clock.now()
  await store.sweep(now)
  if ((await store.settleOlder(now - PENDING_AT_MOST, failed(undefined), now)) > 0) callbacks.wake()
}

async function keep(
  { store, audit, clock }: AsynchronousDeps,
  responseId: string,
  request: AsyncRequest,
): Promise<void> {
  const { caller, operation, credentialId, validityMilliseconds, responseUri, outcomeBytes } = request
  const { requestId, userId, clientId } = caller
  await audit.record({ ...contextOf(caller), type: 'async-accepted', operation, credentialId })
  const isKept = await store.add(
    { responseId, requestId, userId, clientId, validity: validityMilliseconds, responseUri, outcomeBytes },
    clock.now(),
  )
  if (!isKept) throw new Refusal('outcomes_full')
}

/** The work, then its outcome: durable first, then the callback, and last what the journal says of a failure. */
async function run(
  deps: AsynchronousDeps,
  responseId: string,
  request: AsyncRequest,
  work: () => Promise<AsyncResult>,
): Promise<void> {
  const { requestId } = request.caller
  let outcome: AsyncOutcome
  let failure: { readonly error: unknown } | undefined
  try {
    outcome = completed(await work())
  } catch (error) {
    outcome = failed(error)
    failure = { error }
    if (!(error instanceof Refusal))
      deps.log.error({ event: 'failed', requestId, err: error }, 'unexpected error')
  }
  if (!(await settled(deps, responseId, outcome))) failure ??= { error: new Refusal('outcomes_full') }
  deps.callbacks.wake()
  if (failure === undefined) return
  try {
    await deps.audit.record(failureEvent(request, failure.error))
  } catch (error) {
    deps.log.error({ event: 'journal-failed', requestId, err: error }, 'the journal cannot be written')
  }
}

/** False if there was no room for it, so that it has failed instead. */
async function settled(
  { store, clock, log }: AsynchronousDeps,
  responseId: string,
  outcome: AsyncOutcome,
): Promise<boolean> {
  try {
    if (await store.settle(responseId, outcome, clock.now())) return true
    return !(await store.settle(responseId, failed(new Refusal('outcomes_full')), clock.now()))
  } catch (error) {
    // It stays pending, and counts as lost when its time is over.
    log.error({ event: 'async-not-kept', err: error }, 'an outcome could not be stored')
    return true
  }
}

function failureEvent({ caller, operation }: AsyncRequest, error: unknown): AuditEvent {
  const detail = error instanceof Refusal ? error.detail : undefined
  return {
    ...contextOf(caller),
    type: 'async-failed',
    operation,
    reason: reasonOf(error),
    ...(detail === undefined ? {} : { detail }),
  }
}

async function find(
  { store, clock }: AsynchronousDeps,
  caller: Caller,
  responseId: string,
): ReturnType<Asynchronous['find']> {
  const stored = await store.find(responseId)
  if (stored?.userId !== caller.userId || stored.clientId !== caller.clientId) return undefined
  const now = clock.now()
  if (stored.expiresAt !== undefined && stored.expiresAt <= now) return undefined
  switch (stored.state) {
    case 'completed':
      return {
        ...{ state: 'completed', bytes: stored.bytes },
        async read() {
          const outcome = await store.outcomeOf(responseId)
          return outcome === undefined ? undefined : resultIn(outcome)
        },
      }
    case 'failed': {
      const outcome = await store.outcomeOf(responseId)
      return outcome === undefined ? undefined : refusalIn(outcome)
    }
    default:
      if (now - stored.acceptedAt < PENDING_AT_MOST) return { state: 'pending' }
      return { state: 'failed', reason: 'result_lost', subject: undefined }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Refusal) return error.reason
  return error instanceof Error ? error.name : 'unknown'
}

function contextOf({ requestId, clientId, userId, signerId, familyId }: Caller): EventContext {
  return { requestId, clientId, userId, signerId, familyId }
}
