import type { ExpiredSubject, RefusalReason } from '../domain/errors.ts'
import type { Caller } from '../domain/principal.ts'

/** What a request in operation mode A gave; the members that its method has. */
export interface AsyncResult {
  readonly signatures?: readonly Buffer[]
  readonly documents?: readonly Buffer[]
  readonly signatureObjects?: readonly Buffer[]
}

export type AsyncState =
  | { readonly state: 'pending' }
  /** `read` gives undefined when the outcome has expired meanwhile. */
  | { readonly state: 'completed'; readonly bytes: number; read(): Promise<AsyncResult | undefined> }
  | { readonly state: 'failed'; readonly reason: RefusalReason; readonly subject: ExpiredSubject | undefined }

export interface AsyncRequest {
  readonly caller: Caller
  readonly operation: string
  readonly credentialId: string
  /** How much of the process's memory it takes: 1 for a list of hashes. */
  readonly weight: number
  /** How long the outcome may become where it is stored; what it will be is not known yet. */
  readonly outcomeBytes: number
  /** How long the outcome is kept, from when it is there. */
  readonly validityMilliseconds: number
  /** Where to tell that there is an outcome. */
  readonly responseUri: string | undefined
}

/**
 * Requests that are answered before they are done. A request is durable when it is accepted, its outcome when it is
 * told; what stood in memory only (the SAD above all) is lost with the process, and the request then fails honestly.
 */
export interface Asynchronous {
  /** Milliseconds that an outcome is kept: by default, and at most. */
  readonly validity: { readonly byDefault: number; readonly most: number }
  /** Throws Refusal `response_uri_invalid` for a URI that cannot be called back, as far as the URI alone tells. */
  checkResponseUri(uri: string): void
  /** Keeps the request and starts the work. Returns its id. Throws Refusal `unavailable` when there are too many, `outcomes_full`. */
  accept(request: AsyncRequest, work: () => Promise<AsyncResult>): Promise<string>
  /** A request of this user and client whose outcome is still kept; undefined for every other. */
  find(caller: Caller, responseId: string): Promise<AsyncState | undefined>
}
