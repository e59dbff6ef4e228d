import { Refusal } from '../../domain/errors.ts'
import type { Caller } from '../../domain/principal.ts'
import { looksLikeToken, newToken } from '../../domain/secrets.ts'
import type { Clock } from '../../domain/time.ts'
import type { Sad } from '../../ports/sam.ts'

/** An authorization that takes longer than a client should wait for: it is asked for later, by its handle. */
export interface Pending {
  readonly handle: string
}

type Outcome =
  | { readonly kind: 'authorized'; readonly sad: Sad; readonly at: number }
  | { readonly kind: 'refused'; readonly error: unknown }

interface Entry {
  readonly familyId: string
  readonly clientId: string
  outcome: Outcome | undefined
}

/** Handles at one time; beyond, a call waits until its authorization is done. */
const MAX_PENDING = 1000

/** Milliseconds that an outcome nobody asks for is kept: a SAD lives no longer by default. */
const KEPT = 300_000

/**
 * CSC API v2.0.0.2 §8.3.1, §11.6, §11.7: authorizations under way, and their outcomes until somebody fetches them. In
 * memory only, since no SAD is ever stored: after a restart no handle is known.
 */
export class PendingAuthorizations {
  readonly #entries = new Map<string, Entry>()
  readonly #clock: Clock
  readonly #waitMilliseconds: number

  constructor(options: { readonly clock: Clock; readonly waitMilliseconds: number }) {
    this.#clock = options.clock
    this.#waitMilliseconds = options.waitMilliseconds
  }

  /** The SAD, or a handle if it is not there in time. What is refused in time is thrown here, else at `check`. */
  async begin(caller: Caller, authorization: Promise<Sad>): Promise<Sad | Pending> {
    const isInTime = await settlesWithin(this.#waitMilliseconds, authorization)
    if (isInTime || this.#entries.size >= MAX_PENDING) return authorization
    const handle = newToken()
    const entry: Entry = { familyId: caller.familyId, clientId: caller.clientId, outcome: undefined }
    this.#entries.set(handle, entry)
    void this.#follow(handle, entry, authorization)
    return { handle }
  }

  async #follow(handle: string, entry: Entry, authorization: Promise<Sad>): Promise<void> {
    try {
      entry.outcome = { kind: 'authorized', sad: await authorization, at: this.#clock.now() }
    } catch (error) {
      entry.outcome = { kind: 'refused', error }
    }
    setTimeout(() => this.#entries.delete(handle), KEPT).unref()
  }

  /** Of the login and client that began it. The outcome is told once. Throws Refusal `handle_invalid`, or that of the act. */
  check(caller: Caller, handle: string): Sad | Pending {
    const entry = looksLikeToken(handle) ? this.#entries.get(handle) : undefined
    if (entry?.familyId !== caller.familyId || entry.clientId !== caller.clientId)
      throw new Refusal('handle_invalid')
    return this.#take(handle, entry)
  }

  #take(handle: string, { outcome }: Entry): Sad | Pending {
    if (outcome === undefined) return { handle }
    this.#entries.delete(handle)
    if (outcome.kind === 'refused') throw outcome.error
    const seconds = Math.floor((this.#clock.now() - outcome.at) / 1000)
    const { sad } = outcome.sad
    const expiresInSeconds = outcome.sad.expiresInSeconds - seconds
    if (expiresInSeconds < 1) throw new Refusal('handle_invalid', { detail: 'its SAD has expired' })
    return { sad, expiresInSeconds }
  }
}

function settlesWithin(milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds, false)
    const settled = (): void => {
      clearTimeout(timer)
      resolve(true)
    }
    promise.then(settled, settled)
  })
}
