import { CscError } from '../domain/errors.ts'
import { COMMON_TEXT } from './wording.ts'

/** Requests with documents that are served at one time: each may take a multiple of its size in memory. */
const MAX_INSIDE = 8

/** Of them, those of one user: nobody shall keep all others out. */
const MAX_OF_USER = 4

/** Lets in as many requests with documents as memory allows, and refuses the rest before their bodies are read. */
export class DocumentGate {
  readonly #inside: string[] = []

  /** Serves one request. Throws CscError: 503 when there are too many. */
  async pass<T>(userId: string, serve: () => Promise<T>): Promise<T> {
    const own = this.#inside.filter((one) => one === userId).length
    if (this.#inside.length >= MAX_INSIDE || own >= MAX_OF_USER)
      throw new CscError('temporarily_unavailable', COMMON_TEXT.temporarily_unavailable)
    this.#inside.push(userId)
    try {
      return await serve()
    } finally {
      this.#inside.splice(this.#inside.indexOf(userId), 1)
    }
  }
}
