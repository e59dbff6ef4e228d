import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { replaced } from '../factors/life.ts'
import { ownedFactor } from './ownedFactor.ts'
import { writeOfficerChange } from './officerFactorChange.ts'

/**
 * The factor is gone, at once; credentials that demand it authorize nothing until another is enrolled. What remains is
 * the last time step of an authenticator, which no later one may use again.
 */
export async function removeFactor(
  deps: SamDeps,
  request: SamRequest<'removeFactor'>,
): Promise<SamAnswer<'removeFactor'>> {
  deps.state.requireOperational()
  const { requestId, signerId, factorId, reason } = request
  await writeOfficerChange(deps, () => ownedFactor(deps, signerId, factorId), {
    requestId,
    signerId,
    reason,
    done: 'removed',
    next: (value, now) => replaced(value, {}, now),
  })
  return {}
}
