import { invalidRequest, SHARED_WORDING, type Words, type Wording } from '../wording.ts'

/** CSC API v2.0.0.2 §11.6: one answer for every factor. */
const WRONG_FACTOR: Words = {
  code: 'invalid_authentication_data',
  description: 'The authentication data is invalid',
}
const LOCKED = invalidRequest('Credential locked')

/** CSC API v2.0.0.2 §11.6, §11.8, §11.10. */
export const wording: Wording = {
  ...SHARED_WORDING,
  hash_algorithm_missing: invalidRequest('Missing (or invalid type) string parameter hashAlgorithmOID'),
  hash_algorithm_invalid: invalidRequest('Invalid parameter hashAlgorithmOID'),
  otp_missing: WRONG_FACTOR,
  otp_invalid: WRONG_FACTOR,
  otp_locked: LOCKED,
  otp_not_sendable: invalidRequest('Invalid parameter authObjectID'),
  pin_missing: WRONG_FACTOR,
  pin_invalid: WRONG_FACTOR,
  pin_locked: LOCKED,
  factor_unexpected: WRONG_FACTOR,
}

export function malformedHeader(): string {
  return 'Malformed authorization header.'
}
