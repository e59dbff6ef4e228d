import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { newContent } from '../factors/change.ts'
import { requireSigner } from '../factors/enrol.ts'
import { replaced } from '../factors/life.ts'
import { otpauthUri } from '../factors/totp.ts'
import { ownedFactor } from './ownedFactor.ts'
import { writeOfficerChange } from './officerFactorChange.ts'

/**
 * Another factor in place of the one that was forgotten, lost or locked, at once. The registration officer has proofed
 * the identity of who asks; the old destination is told all the same.
 */
export async function resetFactor(
  deps: SamDeps,
  request: SamRequest<'resetFactor'>,
): Promise<SamAnswer<'resetFactor'>> {
  deps.state.requireOperational()
  const { requestId, signerId, factorId, reason, pin, channel, destination } = request
  const account = await requireSigner(deps, signerId)
  const { kind } = (await ownedFactor(deps, signerId, factorId)).value
  const { content, totpSecret } = await newContent(deps, { signerId, kind, pin, channel, destination })
  await writeOfficerChange(deps, () => ownedFactor(deps, signerId, factorId), {
    requestId,
    signerId,
    reason,
    done: 'reset',
    next: (value, now) => replaced(value, content, now),
  })
  return { factorId, ...(totpSecret && { otpauthUri: otpauthUri(totpSecret, account) }) }
}
