import { integer, list, object, oneOf, optional, text } from './codec.ts'
import { FACTOR_KINDS } from './factorKinds.ts'
import {
  CHANNELS,
  FACTOR_ACTIONS,
  MAX_WAITING_SECONDS,
  destination,
  factor,
  id,
  nothing,
  operation,
  reason,
  requestId,
  secret,
} from './members.ts'

/**
 * The life of a signer's factors. First enrolment, reset and removal are the registration officer's, after identity
 * proofing; the signer may change a factor by a proof that is made for that change alone.
 */
export const FACTOR_OPERATIONS = {
  factors: operation(
    ['ssa', 'ra'],
    object({ requestId, signerId: id }),
    object({ factors: list(factor, 0, 16) }),
  ),
  /**
   * The signer wants another PIN (`pin`), authenticator (nothing more), OTP destination (`channel`, `destination`), or
   * one of them gone. The SAM keeps what was asked for and sends an OTP whose message names the change to where OTPs go
   * now; only that OTP proves it, and it proves nothing else. It voids an earlier OTP, as any new one does.
   * Refused: `client_unknown`, `otp_not_sendable` (no destination, channel not there), `otps_limited` (too many sends),
   * `otp_locked`, `pin_locked`, `factor_unknown` (nothing to remove), `pin_too_weak`, `state_forbids` (a change of it waits already),
   * `malformed` (members that the kind does not have).
   */
  beginFactorChange: operation(
    ['ssa'],
    object({
      requestId,
      signerId: id,
      clientId: id,
      kind: oneOf(FACTOR_KINDS),
      action: oneOf(FACTOR_ACTIONS),
      pin: optional(secret),
      channel: optional(oneOf(CHANNELS)),
      destination: optional(destination),
    }),
    object({
      changeId: id,
      expiresInSeconds: integer(1, 3600),
      /** Where the OTP went, masked. */
      sentTo: text(0, 255),
    }),
  ),
  /**
   * Proves the change with its OTP. The old destination is told, then the waiting time begins; until it is over the
   * factor works as it was. A new authenticator's secret goes to the signer by the OTP channel, never through the SSA.
   * Refused: `otp_invalid`, `otp_locked`, `pin_locked`, `state_forbids`, `otp_not_sendable`, `pin_too_weak` (the PIN of
   * before, or the code itself: told only now, so that nobody can try PINs by it); `unavailable` if the old
   * destination could not be told: then nothing changes, and the OTP may be given again.
   */
  confirmFactorChange: operation(
    ['ssa'],
    object({ requestId, signerId: id, clientId: id, changeId: id, otp: secret }),
    object({ factorId: id, worksInSeconds: integer(0, MAX_WAITING_SECONDS) }),
  ),
  /** Drops a change that waits; every destination is told. Needs no proof. `factor_unknown`, `state_forbids` if none waits. */
  cancelFactorChange: operation(
    ['ssa', 'ra'],
    object({ requestId, signerId: id, factorId: id, reason }),
    nothing,
  ),

  enrolPin: operation(['ra'], object({ requestId, signerId: id, pin: secret }), object({ factorId: id })),
  /** The secret is in this answer and nowhere else outside the SAM. */
  enrolTotp: operation(
    ['ra'],
    object({ requestId, signerId: id }),
    object({ factorId: id, otpauthUri: text(10, 512) }),
  ),
  setOtpDestination: operation(
    ['ra'],
    object({ requestId, signerId: id, channel: oneOf(CHANNELS), destination }),
    object({ factorId: id }),
  ),
  /**
   * After identity proofing: another PIN (`pin`), authenticator, or destination (`channel`, `destination`), at once, with
   * all attempts, in place of what there was. The old destination is told. Ends OTPs under way and a change that waits.
   */
  resetFactor: operation(
    ['ra'],
    object({
      requestId,
      signerId: id,
      factorId: id,
      reason,
      pin: optional(secret),
      channel: optional(oneOf(CHANNELS)),
      destination: optional(destination),
    }),
    object({ factorId: id, otpauthUri: optional(text(10, 512)) }),
  ),
  /** At once. The old destination is told. A factor of the kind can be enrolled again. */
  removeFactor: operation(['ra'], object({ requestId, signerId: id, factorId: id, reason }), nothing),
  /** Gives the factor its attempts back; the signer is told. */
  unlockFactor: operation(['ra'], object({ requestId, signerId: id, factorId: id, reason }), nothing),
} as const
