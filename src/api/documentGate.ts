import { CscError } from '../domain/errors.ts'
import { COMMON_TEXT } from './wording.ts'

/** Calls with documents that are served at one time: each may take a multiple of its size in memory. */
const MAX_INSIDE = 8

/** Of them, those of one user: nobody shall keep all others out. */
const MAX_OF_USER = 4

/**
 * Lets in as many calls with documents as memory allows. Who is refused is refused before the body is read, or before
 * the outcome is.
 */
export class DocumentGate {
  readonly #inside: string[] = []

  /** Takes a place. Returns how to give it back, which must be done once. Throws CscError: 503 when there is none. */
  enter(userId: string): () => void {
    const own = this.#inside.filter((one) => one === userId).length
    if (this.#inside.length >= MAX_INSIDE || own >= MAX_OF_USER)
      throw new CscError('temporarily_unavailable', COMMON_TEXT.temporarily_unavailable)
    this.#inside.push(userId)
    return () => {
      this.#inside.splice(this.#inside.indexOf(userId), 1)
    }
  }
}
