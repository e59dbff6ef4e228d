import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { changeKeyState } from './changeKeyState.ts'
import { ownedKey } from './ownedKey.ts'

/** The signer stops a key: no signature after the answer, until `ra` resumes it. */
export async function suspend(deps: SamDeps, request: SamRequest<'suspend'>): Promise<SamAnswer<'suspend'>> {
  const { requestId, signerId, credentialId, reason } = request
  await changeKeyState(deps, () => ownedKey(deps, signerId, credentialId), {
    requestId,
    reason,
    event: 'KEY_SUSPENDED',
    from: ['ACTIVE', 'SUSPENDED'],
    next: (value) => ({ ...value, state: 'SUSPENDED' }),
  })
  return {}
}
