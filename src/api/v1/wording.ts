import { COMMON_TEXT, invalidRequest, SHARED_WORDING, type Wording } from '../wording.ts'

/** CSC API v1.0.4.0 §11.6, §11.9. Rows that the standard lacks are worded after those that it has. */
export const wording: Wording = {
  ...SHARED_WORDING,
  hash_algorithm_missing: invalidRequest('Missing (or invalid type) string parameter hashAlgo'),
  hash_algorithm_invalid: invalidRequest('Invalid parameter hashAlgo'),
  otp_missing: invalidRequest('Missing (or invalid type) string parameter OTP'),
  otp_invalid: { code: 'invalid_otp', description: 'The OTP is invalid' },
  otp_locked: invalidRequest('OTP locked'),
  otp_not_sendable: invalidRequest('Invalid parameter credentialID'),
  pin_missing: invalidRequest('Missing (or invalid type) string parameter PIN'),
  pin_invalid: { code: 'invalid_pin', description: 'The PIN is invalid' },
  pin_locked: invalidRequest('PIN locked'),
  factor_unexpected: invalidRequest(COMMON_TEXT.invalid_request),
}

const SECOND_SPELLING = COMMON_TEXT.invalid_request.replace('a required', 'a REQUIRED')

/** What each method says of an Authorization header that is no Bearer. */
export function malformedHeader(operation: string): string {
  switch (operation) {
    case 'auth/revoke':
    case 'credentials/extendTransaction':
      return SECOND_SPELLING
    case 'credentials/sendOTP':
      return 'Malformed authroization header.'
    default:
      return COMMON_TEXT.invalid_request
  }
}
