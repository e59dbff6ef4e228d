import { addNotice } from '../channels/notices.ts'
import { outcomeUnknownMessage } from '../channels/messages.ts'
import type { SamDeps } from '../deps.ts'
import { IntegrityFailure, type Stored } from '../state/records.ts'
import { openOfEarlierProcesses, openWithEndedLease, type ReservationRow } from '../state/reservations.ts'

/**
 * At start: what processes of this node before this one began and never settled. Whether the HSM signed, nobody knows;
 * so the hashes stay spent, the journal says `outcome unknown`, and the signer is told. Returns how many there were.
 * Throws IntegrityFailure, after all are settled, if the record of a key cannot be trusted.
 */
export async function settleEarlier(deps: SamDeps): Promise<number> {
  const left = await openOfEarlierProcesses(deps.database.read, deps.config.node, deps.incarnation)
  await markEach(deps, left)
  return left.length
}

/**
 * What this process began and could not settle, because the outcome could not be written: once the lease has ended
 * nothing of it can leave any more.
 */
export async function settleExpired(deps: SamDeps): Promise<void> {
  await markEach(deps, await openWithEndedLease(deps.database.read, deps.incarnation, deps.clock.now()))
}

/** A broken key record keeps its signer from being told, and no reservation, its own included, from being settled. */
async function markEach(deps: SamDeps, left: readonly ReservationRow[]): Promise<void> {
  let broken: IntegrityFailure | undefined
  for (const reservation of left) {
    const key = await deps.records.read('key', reservation.credential_id).catch((error: unknown) => {
      if (!(error instanceof IntegrityFailure)) throw error
      broken = error
      return undefined
    })
    await markUnknown(deps, reservation, key)
  }
  if (broken !== undefined) throw broken
}

async function markUnknown(
  deps: SamDeps,
  reservation: ReservationRow,
  key: Stored<'key'> | undefined,
): Promise<void> {
  const { id, credential_id, request_id, incarnation } = reservation
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
