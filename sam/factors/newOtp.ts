import { MAX_RETRY_AFTER, SapFailure } from '../../sap/errors.ts'
import type { Canonical } from '../../sap/canonical.ts'
import { masked, type Message } from '../channels/channels.ts'
import type { SamDeps } from '../deps.ts'
import { newId } from '../ids.ts'
import type { EventType } from '../journal/events.ts'
import { addOtp, voidOtp } from '../state/otps.ts'
import { isLocked } from './attempt.ts'
import { factorId } from './factorId.ts'
import { current } from './life.ts'
import { newOtpCode, otpMac } from './otp.ts'
import { wayOf, type Way } from './way.ts'

const BUDGET_WINDOW_MS = 15 * 60_000

/** Where this signer's OTPs go now. Throws `otp_not_sendable` or `otp_locked`. */
export async function wayToSigner(deps: SamDeps, signerId: string): Promise<Way> {
  const stored = await deps.records.read('factor', factorId('otp', signerId))
  const factor = stored && current(stored.value, deps.clock.now())
  if (factor === undefined) throw new SapFailure('otp_not_sendable', 'the signer has no destination')
  if (isLocked(factor, deps.config.lockAfter)) throw new SapFailure('otp_locked', 'factor otp is locked')
  const way = wayOf(deps.channels, factor)
  if (way === undefined) throw new SapFailure('otp_not_sendable', 'the channel is not configured')
  return way
}

export interface OtpWish {
  readonly requestId: string
  readonly signerId: string
  /** What the code is made for, in canonical form; undefined for one that is bound to nothing. */
  readonly binding: string | undefined
  readonly event: { readonly type: EventType; readonly fields: Readonly<Record<string, Canonical>> }
  readonly way: Way
  message(code: string): Omit<Message, 'to'>
}

/**
 * Makes a code, voids the signer's one before, sends it. Durable before it is sent: a code that nobody can check is
 * worse than one that never arrives. Every code counts against the same budget, whatever it is for. Throws
 * `otps_limited` over the budget of a quarter of an hour; `unavailable` if it could not be delivered, then it is void.
 * Returns its id.
 */
export async function sendNewOtp(deps: SamDeps, wish: OtpWish): Promise<string> {
  const code = await newOtpCode(deps)
  const otpId = await store(deps, wish, code)
  const { way, requestId } = wish
  try {
    await way.channel.deliver({ ...wish.message(code), to: way.destination })
  } catch (cause) {
    await deps.writer.write(async (unit) => {
      await voidOtp(unit, otpId)
      const fields = { otpId, destination: masked(way.destination) }
      unit.record({ type: 'OTP_NOT_DELIVERED', requestId, fields })
    })
    throw new SapFailure('unavailable', 'the code could not be delivered', { cause })
  }
  return otpId
}

async function store(deps: SamDeps, wish: OtpWish, code: string): Promise<string> {
  const { requestId, signerId, binding, event } = wish
  const now = deps.clock.now()
  const expiresAt = now + deps.config.otp.lifetimeSeconds * 1000
  const otp = { id: newId('otp-'), signerId, expiresAt, binding }
  const mac = await otpMac(deps, otp, code)
  const budget = { since: now - BUDGET_WINDOW_MS, limit: deps.config.otp.sendsPerQuarterHour }
  const oldest = await deps.writer.write(async (unit) => {
    const inTheWay = await addOtp(unit, { ...otp, mac, createdAt: now }, budget)
    if (inTheWay === undefined)
      unit.record({ type: event.type, requestId, fields: { otpId: otp.id, signerId, ...event.fields } })
    return inTheWay
  })
  if (oldest === undefined) return otp.id
  const milliseconds = oldest + BUDGET_WINDOW_MS - now
  throw new SapFailure('otps_limited', 'too many codes were sent in a quarter of an hour', {
    retryAfterSeconds: Math.min(MAX_RETRY_AFTER, Math.max(1, Math.ceil(milliseconds / 1000))),
  })
}
