import { SapFailure } from '../../sap/errors.ts'
import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { isOldPin, newContent } from '../factors/change.ts'
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
  const { value: before } = await ownedFactor(deps, signerId, factorId)
  const { kind } = before
  const { content, totpSecret } = await newContent(deps, { signerId, kind, pin, channel, destination })
  if (await isOldPin(deps, { signerId, kind, pin }, before))
    throw new SapFailure('pin_too_weak', 'the PIN of before')
  await writeOfficerChange(deps, () => ownedFactor(deps, signerId, factorId), {
    requestId,
    signerId,
    reason,
    done: 'reset',
    next: (value, now) => replaced(value, content, now),
  })
  return { factorId, ...(totpSecret && { otpauthUri: otpauthUri(totpSecret, account) }) }
}
