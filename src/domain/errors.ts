/** `error` of an answer: CSC API v1.0.4.0 §10 and the method tables, v2.0.0.2 likewise, and five of our own (HTTP). */
export type CscErrorCode =
  | 'invalid_request'
  | 'unauthorized_client'
  | 'access_denied'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'expired_token'
  | 'invalid_token'
  | 'authentication_error'
  | 'invalid_otp'
  | 'invalid_pin'
  | 'invalid_authentication_data'
  | 'invalid_hash'
  | 'not_implemented'
  | 'not_found'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'payload_too_large'

/** What a client may know, in the words that it gets. Made by `src/api` only; the methods throw `Refusal`. */
export class CscError extends Error {
  override readonly name = 'CscError'
  readonly code: CscErrorCode
  /** `error_description`, to the letter. */
  readonly description: string
  /** HTTP status where it is not the one of the code. */
  readonly status: number | undefined
  /** When it may be asked again, where that is known; whole seconds, at least 1. */
  readonly retryAfterSeconds: number | undefined
  constructor(
    code: CscErrorCode,
    description: string,
    options: {
      readonly cause?: unknown
      readonly status?: number
      readonly retryAfterSeconds?: number | undefined
    } = {},
  ) {
    super(description, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.description = description
    this.status = options.status
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

export const REFUSAL_REASONS = [
  // who asks
  'login_malformed',
  'login_credentials_malformed',
  'login_twofold',
  'login_failed',
  'logins_limited',
  'refresh_token_malformed',
  'refresh_token_invalid',
  'token_invalid',
  'token_expired',
  'revocation_unknown',
  'client_unauthorized',
  'access_denied',
  // what is asked
  'page_token_invalid',
  'user_id_given',
  'credential_invalid',
  'credential_disabled',
  'certificate_expired',
  'signatures_not_positive',
  'signatures_too_many',
  'hashes_missing',
  'hash_count_mismatch',
  'digest_length_invalid',
  'hash_algorithm_missing',
  'hash_algorithm_invalid',
  'sign_algorithm_invalid',
  'sign_parameters_missing',
  'sign_parameters_invalid',
  'timestamp_algorithm_invalid',
  'hash_algorithm_contradictory',
  'document_unsignable',
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
  'handle_invalid',
  // operation mode A
  'validity_period_out_of_bounds',
  'response_uri_invalid',
  'response_id_invalid',
  'result_lost',
  'outcomes_full',
  // the SAD
  'sad_invalid',
  'sad_expired',
  'hash_not_authorized',
  'documents_not_authorized',
  'document_hash_mismatch',
  // the service
  'unavailable',
] as const

/** Why a method refuses, before a version of the API gives it words. */
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** The two parts of a certificate's subject that CSC's "is expired" message shows. */
export interface ExpiredSubject {
  readonly organization: string
  readonly commonName: string
}

interface RefusalOptions {
  readonly cause?: unknown
  readonly detail?: string | undefined
  readonly subject?: ExpiredSubject | undefined
  readonly retryAfterSeconds?: number | undefined
  readonly userId?: string | undefined
}

/** A refusal by a method, or by the SAM behind it. `detail` and `userId` go to the journal, never to the client. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly reason: RefusalReason
  readonly detail: string | undefined
  readonly subject: ExpiredSubject | undefined
  /** Of what is limited: when it may be asked again; whole seconds, at least 1. */
  readonly retryAfterSeconds: number | undefined
  /** The user who was named by a caller that did not prove to be that user. */
  readonly userId: string | undefined
  constructor(reason: RefusalReason, options: RefusalOptions = {}) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause })
    this.reason = reason
    this.detail = options.detail
    this.subject = options.subject
    this.retryAfterSeconds = options.retryAfterSeconds
    this.userId = options.userId
  }
}
