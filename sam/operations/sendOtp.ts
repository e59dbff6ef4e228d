import { DIGESTS } from '../../sap/algorithms.ts'
import { SapFailure } from '../../sap/errors.ts'
import { fingerprint } from '../../sap/fingerprint.ts'
import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import { bindingText, hashList, type HashList } from '../activation/hashList.ts'
import { listSha256 } from '../activation/ledger.ts'
import { masked, type Channel, type Message } from '../channels/channels.ts'
import { boundOtpMessage, plainOtpMessage } from '../channels/messages.ts'
import type { SamDeps } from '../deps.ts'
import { isLocked } from '../factors/attempt.ts'
import { factorId } from '../factors/factorId.ts'
import { newOtpCode, otpMac } from '../factors/otp.ts'
import { newId } from '../ids.ts'
import { addOtp, voidOtp } from '../state/otps.ts'
import type { KeyRecord } from '../state/recordKinds.ts'
import { ownedKey, requireUsable } from './ownedKey.ts'
import { registeredClientName } from './registeredClient.ts'

type Request = SamRequest<'sendOtp'>

const BUDGET_WINDOW_MS = 15 * 60_000

/** CSC API v1.0.4.0 §11.8, v2 §11.8: makes a code, voids the one before, sends it to where `ra` said. */
export async function sendOtp(deps: SamDeps, request: Request): Promise<SamAnswer<'sendOtp'>> {
  deps.state.requireOperational()
  const clientName = await registeredClientName(deps, request.clientId)
  const { value: key } = await ownedKey(deps, request.signerId, request.credentialId)
  requireUsable(key, deps.clock.now())
  if (!key.factors.includes('otp'))
    throw new SapFailure('otp_not_sendable', 'the credential takes no sent code')
  const list = request.binding && hashList(request.binding.hashes, request.binding.hashAlgorithm)
  if (list !== undefined) requireWithinMultisign(key, list)
  const way = await wayTo(deps, request.signerId)

  const code = await newOtpCode(deps)
  const otpId = await store(deps, request, list, code)
  const message = messageOf(deps, request, { clientName, list, code })
  await deliver(deps, request, { otpId, way, message })
  return { expiresInSeconds: deps.config.otp.lifetimeSeconds }
}

function requireWithinMultisign(key: KeyRecord, list: HashList): void {
  if (list.digests.length > key.multisign)
    throw new SapFailure(
      'number_of_signatures_too_high',
      `${list.digests.length} hashes, ${key.multisign} allowed`,
    )
}

interface Way {
  readonly channel: Channel
  readonly destination: string
}

async function wayTo(deps: SamDeps, signerId: string): Promise<Way> {
  const factor = await deps.records.read('factor', factorId('otp', signerId))
  if (factor === undefined) throw new SapFailure('otp_not_sendable', 'the signer has no destination')
  if (isLocked(factor.value, deps.config.lockAfter))
    throw new SapFailure('otp_locked', 'factor otp is locked')
  const { channel: name, destination } = factor.value
  const channel = name === undefined ? undefined : deps.channels[name]
  if (channel === undefined || destination === undefined)
    throw new SapFailure('otp_not_sendable', 'the channel is not configured')
  return { channel, destination }
}

/** Durable before it is sent: a code that nobody can check is worse than one that never arrives. */
async function store(
  deps: SamDeps,
  request: Request,
  list: HashList | undefined,
  code: string,
): Promise<string> {
  const { requestId, signerId, clientId, credentialId } = request
  const now = deps.clock.now()
  const otp = {
    id: newId('otp-'),
    signerId,
    expiresAt: now + deps.config.otp.lifetimeSeconds * 1000,
    binding: list && bindingText({ credentialId, clientId, list }),
  }
  const mac = await otpMac(deps, otp, code)
  const budget = { since: now - BUDGET_WINDOW_MS, limit: deps.config.otp.sendsPerQuarterHour }
  const isStored = await deps.writer.write(async (unit) => {
    if (!(await addOtp(unit, { ...otp, mac, createdAt: now }, budget))) return false
    unit.record({
      type: 'OTP_MADE',
      requestId,
      fields: {
        otpId: otp.id,
        signerId,
        clientId,
        credentialId,
        ...(list === undefined
          ? {}
          : { numberOfSignatures: list.digests.length, list: listSha256(list.digests) }),
      },
    })
    return true
  })
  if (!isStored) throw new SapFailure('otp_not_sendable', 'too many codes were sent in a quarter of an hour')
  return otp.id
}

function messageOf(
  deps: SamDeps,
  request: Request,
  input: { readonly clientName: string; readonly list: HashList | undefined; readonly code: string },
): Omit<Message, 'to'> {
  const { clientName, list, code } = input
  const lifetime = deps.config.otp.lifetimeSeconds
  if (list === undefined || request.binding === undefined) return plainOtpMessage(code, lifetime, clientName)
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

async function deliver(
  deps: SamDeps,
  request: Request,
  delivery: { readonly otpId: string; readonly way: Way; readonly message: Omit<Message, 'to'> },
): Promise<void> {
  const { otpId, way, message } = delivery
  try {
    await way.channel.deliver({ ...message, to: way.destination })
  } catch (cause) {
    await deps.writer.write(async (unit) => {
      await voidOtp(unit, otpId)
      const fields = { otpId, destination: masked(way.destination) }
      unit.record({ type: 'OTP_NOT_DELIVERED', requestId: request.requestId, fields })
    })
    throw new SapFailure('unavailable', 'the code could not be delivered', { cause })
  }
}
