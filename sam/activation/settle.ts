import { createHash } from 'node:crypto'
import { addNotice } from '../channels/notices.ts'
import { receiptMessage } from '../channels/messages.ts'
import type { SamDeps } from '../deps.ts'
import { giveBackOccurrences, voidActivations } from '../state/activations.ts'
import type { Stored } from '../state/records.ts'
import { settleReservation, type ReservationState } from '../state/reservations.ts'
import { retryConflicts } from '../state/retryConflicts.ts'
import type { Unit } from '../state/writer.ts'
import type { EventType } from '../journal/events.ts'
import type { OpenedActivation } from './ledger.ts'
import { prepareQuarantine } from './quarantine.ts'
import type { NotSigned, Signed } from './signer.ts'

export interface Settlement {
  readonly requestId: string
  readonly opened: OpenedActivation
  readonly key: Stored<'key'>
  readonly reservationId: string
  readonly result: Signed | NotSigned
}

const STATE: Readonly<Record<(Signed | NotSigned)['outcome'], ReservationState>> = {
  signed: 'signed',
  untouched: 'released',
  failed: 'failed',
  stopped: 'failed',
  wrong: 'failed',
}

const EVENT: Readonly<Record<(Signed | NotSigned)['outcome'], EventType>> = {
  signed: 'SIGNED',
  untouched: 'SIGNING_RELEASED',
  failed: 'SIGNING_FAILED',
  stopped: 'SIGNING_FAILED',
  wrong: 'SIGNATURE_WRONG',
}

/**
 * Writes what became of a reservation. Signatures may leave only after this has resolved. `untouched` gives the hashes
 * back; every other outcome leaves them spent. A wrong signature takes the key out of use at once, and suspends it in the
 * same transaction; if that cannot be written, upkeep goes on trying. Throws if the reservation is not this process's
 * any more: then nothing may leave.
 */
export async function settle(deps: SamDeps, settlement: Settlement): Promise<void> {
  const { result } = settlement
  if (result.outcome === 'wrong') {
    const { key, reservationId, requestId } = settlement
    deps.state.quarantine({ credentialId: key.id, reservationId, requestId })
  }
  await retryConflicts(async () => {
    const quarantine =
      result.outcome === 'wrong' ? await prepareQuarantine(deps, settlement.key.id) : undefined
    const client =
      result.outcome === 'signed' && deps.config.receipts
        ? await deps.records.read('client', settlement.opened.entry.clientId)
        : undefined
    const prepared = { clientName: client?.value.name }
    if (quarantine === undefined)
      await deps.writer.writeTogether((unit) => write(deps, unit, settlement, prepared))
    else
      await deps.writer.write(async (unit) => {
        await deps.records.put(unit, quarantine)
        await voidActivations(unit, { credential_id: settlement.key.id })
        await write(deps, unit, settlement, prepared)
      })
  })
  if (result.outcome !== 'wrong') return
  await deps.checkpointer.make()
  deps.state.endQuarantine(settlement.key.id)
}

async function write(
  deps: SamDeps,
  unit: Unit,
  settlement: Settlement,
  prepared: { readonly clientName: string | undefined },
): Promise<void> {
  const { requestId, opened, key, reservationId: id, result } = settlement
  const state = STATE[result.outcome]
  if (!(await settleReservation(unit, { id, incarnation: deps.incarnation, state, now: deps.clock.now() })))
    throw new Error(`reservation ${id} is not open any more`)
  if (result.outcome === 'untouched') await giveBackOccurrences(unit, id, opened.row.id)
  const signatures = result.outcome === 'signed' ? result.signatures.map(sha256) : undefined
  unit.record({
    type: EVENT[result.outcome],
    requestId,
    fields: {
      reservationId: id,
      credentialId: key.id,
      outcome: result.outcome,
      ...(signatures && { signatures }),
    },
  })
  if (signatures !== undefined && deps.config.receipts)
    await addNotice(unit, {
      signerId: opened.entry.signerId,
      message: receiptMessage(prepared.clientName ?? opened.entry.clientId, signatures.length, requestId),
      now: deps.clock.now(),
    })
}

/** The journal names a signature by its hash, as it left the HSM (ECDSA: raw r‖s). */
function sha256(signature: Buffer): string {
  return createHash('sha256').update(signature).digest('hex')
}
