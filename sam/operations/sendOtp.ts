import { DIGESTS } from '../../sap/algorithms.ts'
import { SapFailure } from '../../sap/errors.ts'
import { namesIn } from '../../sap/expression.ts'
import { fingerprint } from '../../sap/fingerprint.ts'
import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import {
  anyListBindingText,
  bindingText,
  hashList,
  lateBindingText,
  type HashList,
} from '../activation/hashList.ts'
import { listSha256 } from '../activation/ledger.ts'
import type { Message } from '../channels/channels.ts'
import { boundOtpMessage, lateOtpMessage, plainOtpMessage } from '../channels/messages.ts'
import type { SamDeps } from '../deps.ts'
import { sendNewOtp, wayToSigner } from '../factors/newOtp.ts'
import type { KeyRecord } from '../state/recordKinds.ts'
import { ownedKey, requireUsable } from './ownedKey.ts'
import { registeredClientName } from './registeredClient.ts'

type Request = SamRequest<'sendOtp'>

/** CSC API v1.0.4.0 §11.8, v2 §11.8: makes a code, voids the one before, sends it to where `ra` said. */
export async function sendOtp(deps: SamDeps, request: Request): Promise<SamAnswer<'sendOtp'>> {
  deps.state.requireOperational()
  const clientName = await registeredClientName(deps, request.clientId)
  const { value: key } = await ownedKey(deps, request.signerId, request.credentialId)
  requireUsable(key, deps.clock.now())
  if (!namesIn(key.factors).includes('otp'))
    throw new SapFailure('otp_not_sendable', 'the credential takes no sent code')
  const list = request.binding && hashList(request.binding.hashes, request.binding.hashAlgorithm)
  if (list !== undefined) requireWithinMultisign(key, list)
  const { requestId, signerId, clientId, credentialId } = request
  await sendNewOtp(deps, {
    requestId,
    signerId,
    binding: list ? bindingText({ credentialId, clientId, list }) : bindingWithoutList(key, request),
    event: { type: 'OTP_MADE', fields: { clientId, credentialId, ...(list && countOf(list)) } },
    way: await wayToSigner(deps, signerId),
    message: (code) => messageOf(deps, request, { clientName, key, list, code }),
  })
  return { expiresInSeconds: deps.config.otp.lifetimeSeconds }
}

/** So that no code of which the message said less authorizes what is not yet known. */
function bindingWithoutList(key: KeyRecord, request: Request): string {
  return key.lateHashes === true ? lateBindingText(request) : anyListBindingText(request)
}

function countOf({ digests }: HashList): { readonly numberOfSignatures: number; readonly list: string } {
  return { numberOfSignatures: digests.length, list: listSha256(digests) }
}

function requireWithinMultisign(key: KeyRecord, list: HashList): void {
  if (list.digests.length > key.multisign)
    throw new SapFailure(
      'number_of_signatures_too_high',
      `${list.digests.length} hashes, ${key.multisign} allowed`,
    )
}

function messageOf(
  deps: SamDeps,
  request: Request,
  input: {
    readonly clientName: string
    readonly key: KeyRecord
    readonly list: HashList | undefined
    readonly code: string
  },
): Omit<Message, 'to'> {
  const { clientName, key, list, code } = input
  const lifetime = deps.config.otp.lifetimeSeconds
  if (list === undefined || request.binding === undefined)
    return key.lateHashes === true
      ? lateOtpMessage(code, lifetime, { clientName, atMost: key.multisign })
      : plainOtpMessage(code, lifetime, clientName)
  return boundOtpMessage(code, lifetime, {
    clientName,
    numberOfSignatures: list.digests.length,
    label: request.binding.label,
    fingerprint: fingerprint({
      nonce: request.binding.nonce,
      credentialId: request.credentialId,
      hashAlgorithm: DIGESTS[list.algorithm].oid,
      hashes: list.digests,
    }),
  })
}
