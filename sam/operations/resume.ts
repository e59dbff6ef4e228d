import { SapFailure } from '../../sap/errors.ts'
import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { changeKeyState } from './changeKeyState.ts'
import { anyKey } from './ownedKey.ts'

/** A suspended key may sign again. SADs of before stay void. Asked again, it is acknowledged again, and voids nothing. */
export async function resume(deps: SamDeps, request: SamRequest<'resume'>): Promise<SamAnswer<'resume'>> {
  deps.state.requireOperational()
  if (deps.state.isQuarantined(request.credentialId))
    throw new SapFailure('unavailable', 'the suspension for a wrong signature is not written yet')
  await changeKeyState(deps, () => anyKey(deps, request.credentialId), {
    requestId: request.requestId,
    reason: request.reason,
    event: 'KEY_RESUMED',
    from: ['SUSPENDED'],
    alreadyIn: 'ACTIVE',
    next: (value) => ({ ...value, state: 'ACTIVE' }),
  })
  return {}
}
