import { officerNoticeMessage } from '../channels/messages.ts'
import { addNotice } from '../channels/notices.ts'
import type { SamDeps } from '../deps.ts'
import { factorId } from '../factors/factorId.ts'
import { noticeWays } from '../factors/way.ts'
import { voidOtpsOf } from '../state/otps.ts'
import type { FactorRecord } from '../state/recordKinds.ts'
import type { Stored } from '../state/records.ts'
import { retryConflicts } from '../state/retryConflicts.ts'

export interface OfficerChange {
  readonly requestId: string
  readonly signerId: string
  readonly reason: string
  readonly done: 'reset' | 'removed' | 'unlocked'
  next(value: FactorRecord, now: number): FactorRecord
}

const EVENT = {
  reset: 'FACTOR_RESET',
  removed: 'FACTOR_REMOVED',
  unlocked: 'FACTOR_UNLOCKED',
} as const satisfies Record<OfficerChange['done'], string>

/**
 * Writes what the registration officer decided of a factor. Wherever the signer's messages went until then hears of it,
 * from the outbox, in the same transaction; the token knows of it before the answer. A reset and a removal end the
 * signer's OTPs under way: what was sent to an old destination is worth nothing any more.
 */
export async function writeOfficerChange(
  deps: SamDeps,
  read: () => Promise<Stored<'factor'>>,
  change: OfficerChange,
): Promise<void> {
  const { requestId, signerId, reason, done } = change
  await retryConflicts(async () => {
    const stored = await read()
    const now = deps.clock.now()
    const otp = await deps.records.read('factor', factorId('otp', signerId))
    const ways = noticeWays(deps.channels, otp?.value, now)
    const next = await deps.records.prepareNext(stored, change.next(stored.value, now))
    const { kind } = stored.value
    await deps.writer.write(async (unit) => {
      await deps.records.put(unit, next)
      if (done !== 'unlocked') await voidOtpsOf(unit, signerId)
      unit.record({ type: EVENT[done], requestId, fields: { signerId, factor: kind, reason } })
      const message = officerNoticeMessage(kind, done)
      for (const to of ways) await addNotice(unit, { signerId, message, now, to })
    })
  })
  await deps.checkpointer.make()
}
