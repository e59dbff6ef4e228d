import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import type { KeyRecord } from '../state/recordKinds.ts'
import { eraseOldPages } from '../state/eraseOldPages.ts'
import { changeKeyState } from './changeKeyState.ts'
import { anyKey } from './ownedKey.ts'

/** The key is gone: the blob is its only copy, and it is overwritten in the database. The record stays. */
export async function destroy(deps: SamDeps, request: SamRequest<'destroy'>): Promise<SamAnswer<'destroy'>> {
  await changeKeyState(deps, () => anyKey(deps, request.credentialId), {
    requestId: request.requestId,
    reason: request.reason,
    event: 'KEY_DESTROYED',
    // DESTROYED as well: an acknowledgement that failed can be had by asking again.
    from: ['GENERATED', 'ACTIVE', 'SUSPENDED', 'DESTROYED'],
    next: withoutKey,
  })
  await eraseOldPages(deps.database)
  return {}
}

function withoutKey(value: KeyRecord): KeyRecord {
  const { wrappedKey: _blob, wrapMechanism: _mechanism, wrappingKeyId: _id, ...rest } = value
  return { ...rest, state: 'DESTROYED' }
}
