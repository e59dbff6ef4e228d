import { HsmUnavailable } from '../hsm/hsm.ts'
import { MalformedMessage } from '../sap/codec.ts'
import { SapFailure } from '../sap/errors.ts'
import type { CaOperations } from '../sap/operations.ts'
import type { Handlers, Refusal } from '../sap/transport/server.ts'
import type { CaDeps } from './deps.ts'
import { issue } from './issue.ts'
import type { Database } from './state/open.ts'

/** Every operation of the CA. */
export function caHandlers(deps: CaDeps): Handlers<CaOperations> {
  return {
    async issue(input) {
      try {
        return await issue(deps, input)
      } catch (error) {
        if (error instanceof HsmUnavailable)
          throw new SapFailure('unavailable', 'the HSM does not answer', { cause: error })
        throw error
      }
    },
  }
}

/** Every refusal is in the journal, with its reason, before the peer hears of it. */
export async function recordRefusal(
  deps: { readonly knex: Database; readonly journal: CaDeps['journal'] },
  refusal: Refusal,
): Promise<void> {
  const { operation, peer, requestId, code } = refusal
  await deps.knex.transaction(async (trx) => {
    await deps.journal.record(trx, {
      type: 'REFUSED',
      requestId,
      fields: {
        operation,
        code,
        reason: reasonOf(refusal.error),
        peer: peer?.name ?? '',
        role: peer?.role ?? '',
      },
    })
  })
}

/** Only texts that this project wrote: an unexpected error's message may hold anything. */
function reasonOf(error: unknown): string {
  if (error instanceof SapFailure || error instanceof MalformedMessage) return error.message
  return error instanceof Error ? error.name : 'unexpected'
}
