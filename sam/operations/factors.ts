import { FACTOR_KINDS, type SamAnswer, type SamRequest } from '../../sap/operations.ts'
import { masked } from '../channels/channels.ts'
import type { SamDeps } from '../deps.ts'
import { isLocked } from '../factors/attempt.ts'
import { factorId } from '../factors/factorId.ts'

/** The signer's factors; of a destination only as much as the signer needs to recognise it. */
export async function factors(deps: SamDeps, request: SamRequest<'factors'>): Promise<SamAnswer<'factors'>> {
  const found = await Promise.all(
    FACTOR_KINDS.map((kind) => deps.records.read('factor', factorId(kind, request.signerId))),
  )
  return {
    factors: found
      .filter((stored) => stored !== undefined)
      .map(({ id, value }) => ({
        factorId: id,
        kind: value.kind,
        state: isLocked(value, deps.config.lockAfter) ? 'LOCKED' : 'ACTIVE',
        destination: value.destination === undefined ? '' : masked(value.destination),
      })),
  }
}
