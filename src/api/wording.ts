import type { CscErrorCode, Refusal, RefusalReason } from '../domain/errors.ts'

/** Table 3 of CSC API v1.0.4.0 §10, which v2 repeats. */
export const COMMON_TEXT = {
  invalid_request:
    'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.',
  unauthorized_client: 'The client is not authorized to use this method.',
  access_denied: 'The user, authorization server or remote service denied the request.',
  server_error:
    'The authorization server encountered an unexpected condition that prevented it from fulfilling the request.',
  temporarily_unavailable:
    'The authorization server is currently unable to handle the request due to a temporary overloading or maintenance of the server.',
  expired_token: 'The access or refresh token is expired or has been revoked.',
  invalid_token: 'The token provided is not a valid OAuth access or refresh token.',
} as const satisfies Partial<Record<CscErrorCode, string>>

/** What a client is told of a refusal. */
export interface Words {
  readonly code: CscErrorCode
  readonly description: string | ((refusal: Refusal) => string)
  /** Where it is not the code's own. */
  readonly status?: number
}

export type Wording = Readonly<Record<RefusalReason, Words>>

/** The reasons that v1 and v2 put differently. */
export type OwnReason =
  | 'hash_algorithm_missing'
  | 'hash_algorithm_invalid'
  | 'otp_missing'
  | 'otp_invalid'
  | 'otp_locked'
  | 'otp_not_sendable'
  | 'pin_missing'
  | 'pin_invalid'
  | 'pin_locked'
  | 'factor_unexpected'

/** `invalid_request` with these words. */
export function invalidRequest(description: Words['description']): Words {
  return { code: 'invalid_request', description }
}

/** The reasons that both versions put alike; lower-case `invalid_request` where the standard has a capital I. */
export const SHARED_WORDING: Readonly<Record<Exclude<RefusalReason, OwnReason>, Words>> = {
  login_malformed: {
    code: 'invalid_request',
    description: 'Malformed authentication parameter.',
    status: 401,
  },
  login_credentials_malformed: invalidRequest('Malformed username-password.'),
  login_twofold: invalidRequest(COMMON_TEXT.invalid_request),
  login_failed: {
    code: 'authentication_error',
    description: 'An error occurred during authentication process',
  },
  logins_limited: {
    code: 'temporarily_unavailable',
    description: COMMON_TEXT.temporarily_unavailable,
    status: 429,
  },
  otps_limited: {
    code: 'temporarily_unavailable',
    description: COMMON_TEXT.temporarily_unavailable,
    status: 429,
  },
  refresh_token_malformed: invalidRequest('Invalid string parameter: refresh_token'),
  refresh_token_invalid: invalidRequest('Invalid refresh_token'),
  token_invalid: { code: 'invalid_token', description: COMMON_TEXT.invalid_token },
  token_expired: { code: 'expired_token', description: COMMON_TEXT.expired_token },
  revocation_unknown: invalidRequest('Invalid string parameter token'),
  client_unauthorized: { code: 'unauthorized_client', description: COMMON_TEXT.unauthorized_client },
  access_denied: { code: 'access_denied', description: COMMON_TEXT.access_denied },
  page_token_invalid: invalidRequest('Invalid parameter pageToken'),
  user_id_given: invalidRequest('userID parameter MUST be null'),
  credential_invalid: invalidRequest('Invalid parameter credentialID'),
  credential_disabled: invalidRequest('The credential identified by credentialID is disabled'),
  certificate_expired: invalidRequest(({ subject }) => {
    const { organization, commonName } = subject ?? { organization: '', commonName: '' }
    return `Signing certificate 'O=${organization},CN=${commonName}' is expired.`
  }),
  signatures_not_positive: invalidRequest('Invalid value for parameter numSignatures'),
  signatures_too_many: invalidRequest('Numbers of signatures is too high'),
  hashes_missing: invalidRequest('Missing (or invalid type) array parameter hash'),
  hash_count_mismatch: invalidRequest('Invalid value for parameter numSignatures'),
  digest_length_invalid: invalidRequest('Invalid digest value length'),
  sign_algorithm_invalid: invalidRequest('Invalid parameter signAlgo'),
  sign_parameters_missing: invalidRequest('Missing (or invalid type) string parameter signAlgoParams'),
  sign_parameters_invalid: invalidRequest('Invalid parameter signAlgoParams'),
  // Of signatures/timestamp, which names it alike in both versions.
  timestamp_algorithm_invalid: invalidRequest('Invalid parameter hashAlgo'),
  handle_invalid: invalidRequest('Invalid parameter handle'),
  hash_algorithm_contradictory: invalidRequest(
    'String parameter hashAlgorithmOID contradicts with signAlgo parameter',
  ),
  document_unsignable: invalidRequest('Invalid array parameter documents'),
  validity_period_out_of_bounds: invalidRequest('Out of bounds parameter validity_period'),
  response_uri_invalid: invalidRequest('Invalid parameter response_uri'),
  response_id_invalid: invalidRequest('Invalid parameter requestID'),
  result_lost: { code: 'server_error', description: COMMON_TEXT.server_error },
  outcomes_full: {
    code: 'temporarily_unavailable',
    description: 'The outcomes that are kept take all the room they may: ask again when some have expired.',
  },
  sad_invalid: invalidRequest('Invalid parameter SAD'),
  sad_expired: invalidRequest('SAD expired'),
  hash_not_authorized: invalidRequest('Hash is not authorized by the SAD.'),
  documents_not_authorized: invalidRequest('documentDigests or documents are not authorized by the SAD.'),
  document_hash_mismatch: {
    code: 'invalid_hash',
    description: 'Document or documentDigest does not match authroized hash',
  },
  unavailable: { code: 'temporarily_unavailable', description: COMMON_TEXT.temporarily_unavailable },
}
