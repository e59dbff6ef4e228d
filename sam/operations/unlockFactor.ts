import { SapFailure } from '../../sap/errors.ts'
import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { retryConflicts } from '../state/retryConflicts.ts'

/** Gives a factor its attempts back. The registration officer has seen who asks. */
export async function unlockFactor(
  deps: SamDeps,
  request: SamRequest<'unlockFactor'>,
): Promise<SamAnswer<'unlockFactor'>> {
  deps.state.requireOperational()
  const { requestId, signerId, factorId, reason } = request
  await retryConflicts(async () => {
    const stored = await deps.records.read('factor', factorId)
    if (stored?.value.signerId !== signerId)
      throw new SapFailure('factor_unknown', 'the signer has no such factor')
    const next = await deps.records.prepareNext(stored, { ...stored.value, attempts: 0, isHeld: 'no' })
    await deps.writer.write(async (unit) => {
      await deps.records.put(unit, next)
      const fields = { signerId, factor: stored.value.kind, reason }
      unit.record({ type: 'FACTOR_UNLOCKED', requestId, fields })
    })
  })
  await deps.checkpointer.make()
  return {}
}
