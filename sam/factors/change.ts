import { createHash } from 'node:crypto'
import { canonicalJson, type Canonical } from '../../sap/canonical.ts'
import { MalformedMessage, bytes, flag, object, oneOf, optional, text, type TypeOf } from '../../sap/codec.ts'
import { SapFailure } from '../../sap/errors.ts'
import {
  CHANNELS,
  FACTOR_ACTIONS,
  FACTOR_KINDS,
  type ChannelName,
  type FactorKind,
} from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import type { FactorRecord } from '../state/recordKinds.ts'
import { isLocked, locked } from './attempt.ts'
import { current, waiting, type FactorContent } from './life.ts'
import { hashPin, isPin, requireStrongPin } from './pin.ts'
import { newTotpSecret } from './totp.ts'

const change = object({
  version: oneOf(['chancery-factor-change-1']),
  clientId: text(1, 64),
  kind: oneOf(FACTOR_KINDS),
  action: oneOf(FACTOR_ACTIONS),
  pinHash: optional(text(1, 256)),
  /** kind pin: the new one is the one of before. Told only to who proves the change: nobody shall try PINs with it. */
  isOldPin: optional(flag),
  totpSecret: optional(bytes(1, 128)),
  channel: optional(oneOf(CHANNELS)),
  destination: optional(text(1, 255)),
})
/** A change as it was asked for: what its OTP is bound to. */
export type FactorChange = TypeOf<typeof change>

/** The canonical text: under the OTP's MAC, so that what is proved is what was asked for, to the byte. */
export function changeText(value: FactorChange): string {
  // What a codec writes is JSON without null and floats.
  return canonicalJson(change.write(value) as Canonical) // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
}

/** The change that an OTP was made for; undefined if it was made for anything else. */
export function changeOfText(bound: string | undefined): FactorChange | undefined {
  if (bound === undefined) return undefined
  try {
    return change.parse(JSON.parse(bound), '')
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined
    throw error
  }
}

/** What the journal names a change by. Holds no secret: of a PIN, it is the hash of a salted hash. */
export function changeSha256(value: FactorChange): string {
  return createHash('sha256').update(changeText(value)).digest('hex')
}

export interface WantedContent {
  readonly signerId: string
  readonly kind: FactorKind
  readonly pin?: string | undefined
  readonly channel?: ChannelName | undefined
  readonly destination?: string | undefined
}

/**
 * A factor's new content from what was asked for, with the secret of a new authenticator in clear besides. Throws
 * `malformed` for members that the kind does not have, `pin_too_weak`, `otp_not_sendable`.
 */
export async function newContent(
  deps: SamDeps,
  wanted: WantedContent,
): Promise<{ readonly content: FactorContent; readonly totpSecret: Buffer | undefined }> {
  const { signerId, kind, pin, channel, destination } = wanted
  requireMembers(wanted)
  if (kind === 'totp') {
    const { clear, sealed } = await newTotpSecret(deps, signerId)
    return { content: { totpSecret: sealed }, totpSecret: clear }
  }
  if (kind === 'pin') {
    requireStrongPin(pin ?? '')
    return { content: { pinHash: await hashPin(deps, signerId, pin ?? '') }, totpSecret: undefined }
  }
  requireDestination(deps, channel, destination)
  return { content: { channel, destination }, totpSecret: undefined }
}

/** Whether a PIN is the one that the signer has now. Tells of a PIN: the caller must not let anybody try with it. */
export async function isOldPin(
  deps: SamDeps,
  { signerId, kind, pin }: WantedContent,
  value: FactorRecord | undefined,
): Promise<boolean> {
  const { pinHash } = (value && current(value, deps.clock.now())) ?? {}
  return (
    kind === 'pin' &&
    pin !== undefined &&
    pinHash !== undefined &&
    (await isPin(deps, signerId, pinHash, pin))
  )
}

/** A member too many would be a change that the message to the signer does not name. */
export function requireMembers(wanted: Omit<WantedContent, 'signerId'>, isRemoval = false): void {
  const { kind, pin, channel, destination } = wanted
  const needed = (member: FactorKind): boolean => !isRemoval && kind === member
  const isRight =
    (pin !== undefined) === needed('pin') &&
    (channel !== undefined) === needed('otp') &&
    (destination !== undefined) === needed('otp')
  if (!isRight) throw new SapFailure('malformed', `not the members of a ${kind}`)
}

/** Throws `otp_not_sendable` unless the channel is configured and takes the destination. */
export function requireDestination(
  deps: SamDeps,
  channel: ChannelName | undefined,
  destination: string | undefined,
): void {
  if (channel === undefined || deps.channels[channel]?.accepts(destination ?? '') !== true)
    throw new SapFailure('otp_not_sendable', 'the channel is not configured or cannot take the destination')
}

/**
 * Whether the signer may change the factor as it is now. Throws `otp_locked` or `pin_locked`, since a change gives no
 * attempts back; `state_forbids` while another change of it waits; `factor_unknown` if there is nothing to remove.
 */
export function requireChangeable(
  deps: SamDeps,
  wanted: Pick<FactorChange, 'kind' | 'action'>,
  value: FactorRecord | undefined,
): void {
  const now = deps.clock.now()
  if (value !== undefined && waiting(value, now) !== undefined)
    throw new SapFailure('state_forbids', 'another change of this factor waits')
  const working = value && current(value, now)
  if (value !== undefined && isLocked(value, deps.config.lockAfter))
    throw locked(wanted.kind, `factor ${wanted.kind} is locked`)
  if (wanted.action === 'remove' && working === undefined)
    throw new SapFailure('factor_unknown', 'the signer has no such factor')
}
