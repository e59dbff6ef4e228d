import { Refusal } from '../../domain/errors.ts'
import type { Caller } from '../../domain/principal.ts'
import type { AsyncResult } from '../../ports/asynchronous.ts'
import type { Deps } from '../deps.ts'

/**
 * CSC API v2.0.0.2 §11.12: the outcome of a request in operation mode A, as often as it is asked for while it is kept;
 * undefined while there is none. A request of another user or client does not exist. Throws Refusal: that of the
 * request itself, `response_id_invalid`, or `result_lost` when nobody knows the outcome.
 */
export async function signPolling(
  deps: Pick<Deps, 'asynchronous'>,
  input: { readonly caller: Caller; readonly responseId: string },
): Promise<AsyncResult | undefined> {
  const found = await deps.asynchronous.find(input.caller, input.responseId)
  if (found === undefined) throw new Refusal('response_id_invalid')
  switch (found.state) {
    case 'pending':
      return undefined
    case 'completed':
      return found.result
    case 'failed':
      throw new Refusal(found.reason, {
        detail: 'outcome of an asynchronous request',
        ...(found.subject === undefined ? {} : { subject: found.subject }),
      })
  }
}
