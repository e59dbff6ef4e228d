import type { SamDeps } from '../deps.ts'
import { voidActivations } from '../state/activations.ts'
import type { PreparedRecord, Stored } from '../state/records.ts'
import { settleReservation } from '../state/reservations.ts'
import { retryConflicts } from '../state/retryConflicts.ts'

/** What a suspension for a wrong signature writes: nothing if the key is not ACTIVE any more. */
export async function prepareQuarantine(
  deps: SamDeps,
  credentialId: string,
): Promise<PreparedRecord | undefined> {
  const key = await deps.records.read('key', credentialId)
  if (key?.value.state !== 'ACTIVE') return undefined
  return deps.records.prepareNext(key, { ...key.value, state: 'SUSPENDED' })
}

/**
 * The key as it may be used: one whose suspension could not be written yet is SUSPENDED all the same. So every
 * operation refuses it, whatever the disk does.
 */
export function asUsable(deps: Pick<SamDeps, 'state'>, key: Stored<'key'>): Stored<'key'> {
  if (key.value.state !== 'ACTIVE' || !deps.state.isQuarantined(key.id)) return key
  return { ...key, value: { ...key.value, state: 'SUSPENDED' } }
}

/**
 * Writes the suspensions that `settle` could not write, and lets go of each once the token knows of it, too. A process
 * that ends before this succeeds leaves an open reservation and no suspension; the next one settles it as `outcome
 * unknown` and does not suspend: it cannot tell this case from any other crash while signing, which would then take
 * every signer's key out of use, and a wrong signature is found again before it leaves.
 */
export async function writeQuarantines(deps: SamDeps): Promise<void> {
  for (const wrong of deps.state.quarantined()) {
    await retryConflicts(() => writeQuarantine(deps, wrong))
    await deps.checkpointer.make()
    deps.state.endQuarantine(wrong.credentialId)
  }
}

type WrongSignature = ReturnType<SamDeps['state']['quarantined']>[number]

async function writeQuarantine(deps: SamDeps, wrong: WrongSignature): Promise<void> {
  const { credentialId, reservationId: id, requestId } = wrong
  const suspended = await prepareQuarantine(deps, credentialId)
  await deps.writer.write(async (unit) => {
    const outcome = { id, incarnation: deps.incarnation, state: 'failed', now: deps.clock.now() } as const
    const isSettled = await settleReservation(unit, outcome)
    if (suspended !== undefined) await deps.records.put(unit, suspended)
    await voidActivations(unit, { credential_id: credentialId })
    if (isSettled) {
      const fields = { reservationId: id, credentialId, outcome: 'wrong' }
      unit.record({ type: 'SIGNATURE_WRONG', requestId, fields })
    } else if (suspended !== undefined) {
      // The lease has ended: `settleExpired` says of the reservation that its outcome is unknown.
      const fields = { credentialId, reason: 'it gave a wrong signature' }
      unit.record({ type: 'KEY_SUSPENDED', requestId, fields })
    }
  })
}
