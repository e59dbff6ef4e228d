import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { enrolFactor, requireSigner } from '../factors/enrol.ts'
import { hashPin, requireStrongPin } from '../factors/pin.ts'

export async function enrolPin(
  deps: SamDeps,
  request: SamRequest<'enrolPin'>,
): Promise<SamAnswer<'enrolPin'>> {
  deps.state.requireOperational()
  const { requestId, signerId, pin } = request
  requireStrongPin(pin)
  await requireSigner(deps, signerId)
  const pinHash = await hashPin(deps, signerId, pin)
  return { factorId: await enrolFactor(deps, { requestId, signerId, kind: 'pin', content: { pinHash } }) }
}
