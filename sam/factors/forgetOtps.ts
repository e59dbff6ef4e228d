import type { SamDeps } from '../deps.ts'
import { deleteOtpsEndedBefore, hasOtpEndedBefore } from '../state/otps.ts'

/**
 * Milliseconds that a code is kept after its end, used, void or never used. Far longer than the quarter of an hour in
 * which sends are counted, so that no signer gets a code more; and what has ended is taken from nobody any more.
 */
export const KEPT_MS = 3_600_000
/** One round of the writer makes others wait no longer for it. */
const BATCH = 500

/**
 * Deletes codes, and what they were made for, an hour after their end. Attempts stand in the factor's record and stay.
 * Not while the clock is doubted or the state is: then nothing may be lost. Returns how many.
 */
export async function forgetOtps(deps: SamDeps): Promise<number> {
  if (deps.state.name() === 'LOCKED' || deps.clock.problem() !== undefined) return 0
  const before = deps.clock.now() - KEPT_MS
  if (!(await hasOtpEndedBefore(deps.database.read, before))) return 0
  return deps.writer.write(async (unit) => {
    const count = await deleteOtpsEndedBefore(unit, before, BATCH)
    if (count > 0) unit.record({ type: 'OTPS_DELETED', fields: { count, endedBefore: before } })
    return count
  })
}
