import { Refusal } from '../../domain/errors.ts'
import type { Caller } from '../../domain/principal.ts'
import type { AsyncResult } from '../../ports/asynchronous.ts'
import type { Deps } from '../deps.ts'

/** Bytes of an outcome that are read for anybody at any time. */
const SMALL = 16 * 1024

/**
 * CSC API v2.0.0.2 §11.12: the outcome of a request in operation mode A, as often as it is asked for while it is kept;
 * undefined while there is none. A request of another user or client does not exist. Throws Refusal: that of the
 * request itself, `response_id_invalid`, or `result_lost` when nobody knows the outcome.
 */
export async function signPolling(
  deps: Pick<Deps, 'asynchronous'>,
  input: {
    readonly caller: Caller
    readonly responseId: string
    /** Called before a large outcome is read: throws what the caller is told where there is no room for it. */
    readonly takePlace: () => void
  },
): Promise<AsyncResult | undefined> {
  const found = await deps.asynchronous.find(input.caller, input.responseId)
  if (found === undefined) throw new Refusal('response_id_invalid')
  switch (found.state) {
    case 'pending':
      return undefined
    case 'completed': {
      if (found.bytes > SMALL) input.takePlace()
      const result = await found.read()
      if (result === undefined) throw new Refusal('response_id_invalid')
      return result
    }
    case 'failed':
      throw new Refusal(found.reason, {
        detail: 'outcome of an asynchronous request',
        ...(found.subject === undefined ? {} : { subject: found.subject }),
      })
  }
}
