import { SapFailure } from '../../sap/errors.ts'
import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import { changeCancelledMessage } from '../channels/messages.ts'
import { addNotice } from '../channels/notices.ts'
import type { SamDeps } from '../deps.ts'
import { factorId } from '../factors/factorId.ts'
import { waiting, withoutWaiting } from '../factors/life.ts'
import { noticeWays } from '../factors/way.ts'
import { retryConflicts } from '../state/retryConflicts.ts'
import { ownedFactor } from './ownedFactor.ts'

/**
 * Drops a change that waits: the factor stays as it is. Needs no proof, so that whoever still reads the old destination
 * can stop what he did not want; a lying SSA can do no more with it than to refuse the change in the first place.
 */
export async function cancelFactorChange(
  deps: SamDeps,
  request: SamRequest<'cancelFactorChange'>,
): Promise<SamAnswer<'cancelFactorChange'>> {
  deps.state.requireOperational()
  const { requestId, signerId, reason } = request
  await retryConflicts(async () => {
    const now = deps.clock.now()
    const stored = await ownedFactor(deps, signerId, request.factorId)
    const { kind } = stored.value
    if (waiting(stored.value, now) === undefined)
      throw new SapFailure('state_forbids', 'no change of this factor waits')
    const ways = await waysOf(deps, signerId)
    const next = await deps.records.prepareNext(stored, withoutWaiting(stored.value, now))
    await deps.writer.write(async (unit) => {
      await deps.records.put(unit, next)
      unit.record({
        type: 'FACTOR_CHANGE_CANCELLED',
        requestId,
        fields: { signerId, factor: kind, changeId: stored.value.next?.changeId ?? '', reason },
      })
      for (const to of ways)
        await addNotice(unit, { signerId, message: changeCancelledMessage(kind), now, to })
    })
  })
  await deps.checkpointer.make()
  return {}
}

/** As they are before: a destination that is dropped hears of it, too. */
async function waysOf(deps: SamDeps, signerId: string): Promise<ReturnType<typeof noticeWays>> {
  const otp = await deps.records.read('factor', factorId('otp', signerId))
  return noticeWays(deps.channels, otp?.value, deps.clock.now())
}
