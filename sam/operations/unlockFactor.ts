import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { current } from '../factors/life.ts'
import type { Stored } from '../state/records.ts'
import { factorUnknown, ownedFactor } from './ownedFactor.ts'
import { writeOfficerChange } from './officerFactorChange.ts'

/** Gives a factor its attempts back. The registration officer has seen who asks. */
export async function unlockFactor(
  deps: SamDeps,
  request: SamRequest<'unlockFactor'>,
): Promise<SamAnswer<'unlockFactor'>> {
  deps.state.requireOperational()
  const { requestId, signerId, factorId, reason } = request
  await writeOfficerChange(deps, () => working(deps, signerId, factorId), {
    requestId,
    signerId,
    reason,
    done: 'unlocked',
    next: (value) => ({ ...value, attempts: 0, isHeld: 'no' }),
  })
  return {}
}

async function working(deps: SamDeps, signerId: string, factorId: string): Promise<Stored<'factor'>> {
  const stored = await ownedFactor(deps, signerId, factorId)
  if (current(stored.value, deps.clock.now()) === undefined) throw factorUnknown()
  return stored
}
