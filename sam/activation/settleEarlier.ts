import { addNotice } from '../channels/notices.ts'
import { outcomeUnknownMessage } from '../channels/messages.ts'
import type { SamDeps } from '../deps.ts'
import { openOfEarlierProcesses } from '../state/reservations.ts'

/**
 * At start: what processes of this node before this one began and never settled. Whether the HSM signed, nobody knows;
 * so the hashes stay spent, the journal says `outcome unknown`, and the signer is told. Returns how many there were.
 */
export async function settleEarlier(deps: SamDeps): Promise<number> {
  const { node } = deps.config
  const left = await openOfEarlierProcesses(deps.database.read, node, deps.incarnation)
  for (const { id, credential_id, request_id, incarnation } of left) {
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
  return left.length
}
