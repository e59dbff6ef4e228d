import { Refusal } from '../../domain/errors.ts'
import type { Caller } from '../../domain/principal.ts'
import type { AsyncResult } from '../../ports/asynchronous.ts'
import type { Deps } from '../deps.ts'

/** Operation mode A as a request asks for it. */
export interface LaterOptions {
  /** Milliseconds; undefined for the service's default. */
  readonly validityPeriod: number | undefined
  readonly responseUri: string | undefined
}

/**
 * CSC API v2.0.0.2 §11.10, §11.11, operation mode A: accepts the request and does the work afterwards. Returns the
 * `responseID`. What the work refuses is told when it is polled. Throws Refusal `validity_period_out_of_bounds`,
 * `response_uri_invalid`, `unavailable`, `outcomes_full`.
 */
export async function later(
  deps: Pick<Deps, 'asynchronous'>,
  input: LaterOptions & {
    readonly caller: Caller
    readonly operation: string
    readonly credentialId: string
    readonly weight: number
    readonly outcomeBytes: number
  },
  work: () => Promise<AsyncResult>,
): Promise<string> {
  const { asynchronous } = deps
  const { validityPeriod, responseUri, ...request } = input
  const validityMilliseconds = validityPeriod ?? asynchronous.validity.byDefault
  if (validityMilliseconds < 1 || validityMilliseconds > asynchronous.validity.most)
    throw new Refusal('validity_period_out_of_bounds')
  if (responseUri !== undefined) asynchronous.checkResponseUri(responseUri)
  return asynchronous.accept({ ...request, validityMilliseconds, responseUri }, work)
}
