import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import { masked } from '../channels/channels.ts'
import { changeOtpMessage } from '../channels/messages.ts'
import type { SamDeps } from '../deps.ts'
import {
  changeSha256,
  changeText,
  isOldPin,
  newContent,
  requireChangeable,
  requireMembers,
  type FactorChange,
} from '../factors/change.ts'
import { requireSigner } from '../factors/enrol.ts'
import { factorId } from '../factors/factorId.ts'
import { current } from '../factors/life.ts'
import { sendNewOtp, wayToSigner } from '../factors/newOtp.ts'
import type { FactorRecord } from '../state/recordKinds.ts'
import { registeredClientName } from './registeredClient.ts'

type Request = SamRequest<'beginFactorChange'>

/**
 * The signer's wish for another factor, or for one less. Kept, whole, in what its OTP is bound to: so nothing of it can
 * be exchanged once the OTP was sent, and nothing of it is left when the OTP ends.
 */
export async function beginFactorChange(
  deps: SamDeps,
  request: Request,
): Promise<SamAnswer<'beginFactorChange'>> {
  deps.state.requireOperational()
  const { requestId, signerId, clientId, kind, action } = request
  const clientName = await registeredClientName(deps, clientId)
  requireMembers(request, action === 'remove')
  await requireSigner(deps, signerId)
  const stored = await deps.records.read('factor', factorId(kind, signerId))
  requireChangeable(deps, request, stored?.value)
  const way = await wayToSigner(deps, signerId)
  const change = await changeOf(deps, request, stored?.value)
  const isNew = stored === undefined || current(stored.value, deps.clock.now()) === undefined
  const changeId = await sendNewOtp(deps, {
    requestId,
    signerId,
    binding: changeText(change),
    event: {
      type: 'FACTOR_CHANGE_ASKED',
      fields: { clientId, factor: kind, action, changeSha256: changeSha256(change) },
    },
    way,
    message: (code) =>
      changeOtpMessage(code, deps.config.otp.lifetimeSeconds, {
        clientName,
        kind,
        action: action === 'set' && isNew ? 'add' : action,
        destination: request.destination,
      }),
  })
  return {
    changeId,
    expiresInSeconds: deps.config.otp.lifetimeSeconds,
    sentTo: masked(way.destination),
  }
}

async function changeOf(
  deps: SamDeps,
  request: Request,
  before: FactorRecord | undefined,
): Promise<FactorChange> {
  const { clientId, kind, action } = request
  const wish = { version: 'chancery-factor-change-1', clientId, kind, action } as const
  if (action === 'remove') return wish
  const { content, totpSecret } = await newContent(deps, request)
  totpSecret?.fill(0)
  return { ...wish, ...content, ...(kind === 'pin' && { isOldPin: await isOldPin(deps, request, before) }) }
}
