import { SapFailure } from '../../sap/errors.ts'
import type { SamDeps } from '../deps.ts'
import type { EventType } from '../journal/events.ts'
import { voidActivations } from '../state/activations.ts'
import type { KeyRecord } from '../state/recordKinds.ts'
import type { Stored } from '../state/records.ts'
import { countOpen } from '../state/reservations.ts'
import { retryConflicts } from '../state/retryConflicts.ts'

export interface KeyChange {
  readonly requestId: string
  readonly reason: string
  readonly event: EventType
  /** States from which the change is possible. */
  readonly from: readonly KeyRecord['state'][]
  /** In this state nothing is changed: an acknowledgement that was lost is had by asking again. */
  readonly alreadyIn?: KeyRecord['state']
  next(value: KeyRecord): KeyRecord
}

/**
 * Changes a key's state and voids its open SADs, in one transaction. Resolves only when every signature that was under
 * way has its outcome, and the token knows the journal up to here: so no signature is made after the answer.
 */
export async function changeKeyState(
  deps: SamDeps,
  read: () => Promise<Stored<'key'>>,
  change: KeyChange,
): Promise<void> {
  const credentialId = await retryConflicts(async () => {
    const key = await read()
    if (key.value.state === change.alreadyIn) return undefined
    if (!change.from.includes(key.value.state))
      throw new SapFailure('state_forbids', `not possible in state ${key.value.state}`)
    const next = await deps.records.prepareNext(key, change.next(key.value))
    await deps.writer.write(async (unit) => {
      await deps.records.put(unit, next)
      await voidActivations(unit, { credential_id: key.id })
      const fields = { credentialId: key.id, reason: change.reason }
      unit.record({ type: change.event, requestId: change.requestId, fields })
    })
    return key.id
  })
  if (credentialId !== undefined) await settled(deps, credentialId)
  await deps.checkpointer.make()
}

const POLL_MS = 20
const PATIENCE_MS = 25_000

/** Waits until no reservation of the credential is open. */
async function settled(deps: SamDeps, credentialId: string): Promise<void> {
  const until = performance.now() + PATIENCE_MS
  while ((await countOpen(deps.database.read, credentialId)) > 0) {
    if (performance.now() > until)
      throw new SapFailure('unavailable', 'the change is made, but a signature under way has no outcome yet')
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
