import { addNotice } from '../channels/notices.ts'
import { outcomeUnknownMessage } from '../channels/messages.ts'
import type { SamDeps } from '../deps.ts'
import { openOfEarlierProcesses, openWithEndedLease, type ReservationRow } from '../state/reservations.ts'

/**
 * At start: what processes of this node before this one began and never settled. Whether the HSM signed, nobody knows;
 * so the hashes stay spent, the journal says `outcome unknown`, and the signer is told. Returns how many there were.
 */
export async function settleEarlier(deps: SamDeps): Promise<number> {
  const left = await openOfEarlierProcesses(deps.database.read, deps.config.node, deps.incarnation)
  for (const reservation of left) await markUnknown(deps, reservation)
  return left.length
}

/**
 * What this process began and could not settle, because the outcome could not be written: once the lease has ended
 * nothing of it can leave any more.
 */
export async function settleExpired(deps: SamDeps): Promise<void> {
  const left = await openWithEndedLease(deps.database.read, deps.incarnation, deps.clock.now())
  for (const reservation of left) await markUnknown(deps, reservation)
}

async function markUnknown(deps: SamDeps, reservation: ReservationRow): Promise<void> {
  const { id, credential_id, request_id, incarnation } = reservation
  const key = await deps.records.read('key', credential_id)
  await deps.writer.write(async (unit) => {
    const changed = await unit
      .trx('reservation')
      .where({ id, incarnation, state: 'open' })
      .update({ state: 'unknown' })
    if (changed !== 1) return
    const fields = { reservationId: id, credentialId: credential_id, outcome: 'unknown' }
    unit.record({ type: 'OUTCOME_UNKNOWN', requestId: request_id, fields })
    if (key === undefined) return
    const message = outcomeUnknownMessage(request_id)
    await addNotice(unit, { signerId: key.value.signerId, message, now: deps.clock.now() })
  })
}
