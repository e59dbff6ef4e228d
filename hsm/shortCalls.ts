/** A call through the thread pool costs some 0.05 ms of waking threads; beyond this one the rest waits too long. */
const SHORT_IN_MILLISECONDS = 0.5
/** One or two that last longer may be the machine's fault. */
const LONG_IN_A_ROW = 3
const LONG_FOR_MILLISECONDS = 10_000

/**
 * Whether calls of one kind are so short that it is cheaper to make them at once than on another thread: so they are
 * with a token in this machine, and not with one over a network. Found out by timing those that are made.
 */
export class ShortCalls {
  readonly #now: () => number
  #longInARow = 0
  #longUntil: number | undefined

  /** `now`: milliseconds, monotonic. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** False for ten seconds after three long ones in a row. */
  areExpected(): boolean {
    return this.#longUntil === undefined || this.#now() >= this.#longUntil
  }

  /** Makes a call and times it, whatever becomes of it. */
  timed<T>(call: () => T): T {
    const begun = this.#now()
    try {
      return call()
    } finally {
      this.#note(this.#now() - begun)
    }
  }

  #note(milliseconds: number): void {
    this.#longInARow = milliseconds > SHORT_IN_MILLISECONDS ? this.#longInARow + 1 : 0
    if (this.#longInARow < LONG_IN_A_ROW) return
    this.#longInARow = 0
    this.#longUntil = this.#now() + LONG_FOR_MILLISECONDS
  }
}
