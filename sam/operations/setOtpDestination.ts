import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { requireDestination } from '../factors/change.ts'
import { enrolFactor, requireSigner } from '../factors/enrol.ts'

/** Where this signer's codes go. Only `ra` may say it: a stolen SSA key cannot redirect an OTP. */
export async function setOtpDestination(
  deps: SamDeps,
  request: SamRequest<'setOtpDestination'>,
): Promise<SamAnswer<'setOtpDestination'>> {
  deps.state.requireOperational()
  const { requestId, signerId, channel, destination } = request
  requireDestination(deps, channel, destination)
  await requireSigner(deps, signerId)
  const content = { channel, destination }
  return { factorId: await enrolFactor(deps, { requestId, signerId, kind: 'otp', content }) }
}
