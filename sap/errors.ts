/**
 * Why the SAM (or the CA) refuses. The SSA maps each code to what its client may know; the precise reason stands
 * in the journal of the process that refused, under the request id, and never travels.
 */
export const SAP_ERROR_CODES = [
  // the message or the peer
  'malformed',
  'forbidden',
  'unknown_operation',
  'too_large',
  'unavailable',
  'internal',
  // the credential
  'credential_unknown',
  'credential_disabled',
  'certificate_expired',
  // the list of hashes and the algorithms
  'number_of_signatures_invalid',
  'number_of_signatures_too_high',
  'hashes_missing',
  'hash_count_mismatch',
  'digest_length_invalid',
  'hash_algorithm_missing',
  'hash_algorithm_invalid',
  'sign_algorithm_invalid',
  'sign_algorithm_parameters_missing',
  'sign_algorithm_parameters_invalid',
  // the signer's factors
  'otp_missing',
  'otp_invalid',
  'otp_locked',
  'otp_not_sendable',
  'otps_limited',
  'pin_missing',
  'pin_invalid',
  'pin_locked',
  'factor_unexpected',
  'grade_too_low',
  // the SAD
  'sad_invalid',
  'sad_expired',
  'hash_not_authorized',
  'attributes_not_authorized',
  'hashes_not_signed',
  'documents_not_signed',
  // registration
  'signer_unknown',
  'client_unknown',
  'factor_unknown',
  'factor_exists',
  'pin_too_weak',
  'policy_unknown',
  'policy_exceeded',
  'state_forbids',
  'certificate_refused',
  'already_exists',
] as const

export type SapErrorCode = (typeof SAP_ERROR_CODES)[number]

/** HTTP status of each code on the SAP. */
export const SAP_STATUS: Readonly<Record<SapErrorCode, number>> = {
  malformed: 400,
  forbidden: 403,
  unknown_operation: 404,
  too_large: 413,
  unavailable: 503,
  internal: 500,
  credential_unknown: 422,
  credential_disabled: 422,
  certificate_expired: 422,
  number_of_signatures_invalid: 422,
  number_of_signatures_too_high: 422,
  hashes_missing: 422,
  hash_count_mismatch: 422,
  digest_length_invalid: 422,
  hash_algorithm_missing: 422,
  hash_algorithm_invalid: 422,
  sign_algorithm_invalid: 422,
  sign_algorithm_parameters_missing: 422,
  sign_algorithm_parameters_invalid: 422,
  otp_missing: 422,
  otp_invalid: 422,
  otp_locked: 422,
  otp_not_sendable: 422,
  otps_limited: 429,
  pin_missing: 422,
  pin_invalid: 422,
  pin_locked: 422,
  factor_unexpected: 422,
  grade_too_low: 422,
  sad_invalid: 422,
  sad_expired: 422,
  hash_not_authorized: 422,
  attributes_not_authorized: 422,
  hashes_not_signed: 422,
  documents_not_signed: 422,
  signer_unknown: 422,
  client_unknown: 422,
  factor_unknown: 422,
  factor_exists: 422,
  pin_too_weak: 422,
  policy_unknown: 422,
  policy_exceeded: 422,
  state_forbids: 422,
  certificate_refused: 422,
  already_exists: 422,
}

/** Seconds that a refusal may ask the caller to wait, at most. */
export const MAX_RETRY_AFTER = 86_400

/**
 * A refusal with a code that may travel. `subject` is set for `certificate_expired` only: the certificate's DN parts;
 * `retryAfterSeconds` for `otps_limited`: when it may be asked again, whole seconds from 1 to `MAX_RETRY_AFTER`.
 */
export class SapFailure extends Error {
  readonly code: SapErrorCode
  readonly subject: CertificateSubject | undefined
  readonly retryAfterSeconds: number | undefined
  constructor(
    code: SapErrorCode,
    reason: string,
    options?: {
      cause?: unknown
      subject?: CertificateSubject | undefined
      retryAfterSeconds?: number | undefined
    },
  ) {
    super(reason, options?.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SapFailure'
    this.code = code
    this.subject = options?.subject
    this.retryAfterSeconds = options?.retryAfterSeconds
  }
}

/** The two parts of a subject that CSC's "is expired" message shows; empty where the certificate has none. */
export interface CertificateSubject {
  readonly organization: string
  readonly commonName: string
}
