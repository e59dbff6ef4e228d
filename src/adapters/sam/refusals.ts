import { Refusal, type RefusalReason } from '../../domain/errors.ts'
import { SapFailure, type SapErrorCode } from '../../../sap/errors.ts'

/**
 * What each refusal of the SAM means to a client. `unexpected`: a correct SSA never gets it, so it is a fault of the
 * service, and the client learns nothing but that.
 */
const REASON: Readonly<Record<SapErrorCode, RefusalReason | 'unexpected'>> = {
  malformed: 'unexpected',
  forbidden: 'unexpected',
  unknown_operation: 'unexpected',
  too_large: 'unexpected',
  unavailable: 'unavailable',
  internal: 'unexpected',
  credential_unknown: 'credential_invalid',
  credential_disabled: 'credential_disabled',
  certificate_expired: 'certificate_expired',
  number_of_signatures_invalid: 'signatures_not_positive',
  number_of_signatures_too_high: 'signatures_too_many',
  hashes_missing: 'hashes_missing',
  hash_count_mismatch: 'hash_count_mismatch',
  digest_length_invalid: 'digest_length_invalid',
  hash_algorithm_missing: 'hash_algorithm_missing',
  hash_algorithm_invalid: 'hash_algorithm_invalid',
  sign_algorithm_invalid: 'sign_algorithm_invalid',
  sign_algorithm_parameters_missing: 'sign_parameters_missing',
  sign_algorithm_parameters_invalid: 'sign_parameters_invalid',
  otp_missing: 'otp_missing',
  otp_invalid: 'otp_invalid',
  otp_locked: 'otp_locked',
  otp_not_sendable: 'otp_not_sendable',
  otps_limited: 'otps_limited',
  pin_missing: 'pin_missing',
  pin_invalid: 'pin_invalid',
  pin_locked: 'pin_locked',
  factor_unexpected: 'factor_unexpected',
  // The act did not show the signer enough: to a client this OTP is not one for this list.
  grade_too_low: 'otp_invalid',
  sad_invalid: 'sad_invalid',
  sad_expired: 'sad_expired',
  hash_not_authorized: 'hash_not_authorized',
  // A correct SSA builds them itself.
  attributes_not_authorized: 'unexpected',
  hashes_not_signed: 'hash_not_authorized',
  documents_not_signed: 'documents_not_authorized',
  // A user without a signer at the SAM has no credentials.
  signer_unknown: 'access_denied',
  client_unknown: 'client_unauthorized',
  factor_unknown: 'unexpected',
  factor_exists: 'unexpected',
  pin_too_weak: 'unexpected',
  policy_unknown: 'unexpected',
  policy_exceeded: 'unexpected',
  state_forbids: 'unexpected',
  certificate_refused: 'unexpected',
  already_exists: 'unexpected',
}

/** The SAM's failure as the methods may see it: a Refusal, or the failure itself where it is a fault of the service. */
export function refusalOf(failure: SapFailure): Refusal | SapFailure {
  const reason = REASON[failure.code]
  if (reason === 'unexpected') return failure
  return new Refusal(reason, {
    cause: failure,
    detail: `SAM: ${failure.code}`,
    subject: failure.subject,
    retryAfterSeconds: failure.retryAfterSeconds,
  })
}
