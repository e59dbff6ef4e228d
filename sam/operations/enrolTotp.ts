import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { enrolFactor, requireSigner } from '../factors/enrol.ts'
import { newTotpSecret, otpauthUri } from '../factors/totp.ts'

/** RFC 6238. The secret comes from the HSM, is sealed there, and leaves once: in this answer. */
export async function enrolTotp(
  deps: SamDeps,
  request: SamRequest<'enrolTotp'>,
): Promise<SamAnswer<'enrolTotp'>> {
  deps.state.requireOperational()
  const { requestId, signerId } = request
  const account = await requireSigner(deps, signerId)
  const { clear, sealed } = await newTotpSecret(deps, signerId)
  const content = { totpSecret: sealed }
  const factorId = await enrolFactor(deps, { requestId, signerId, kind: 'totp', content })
  return { factorId, otpauthUri: otpauthUri(clear, account) }
}
