import {
  ECDSA_SHA256,
  HASH,
  LOGIN,
  revokeRows,
  row,
  signHashRows,
  SIGN_HASH_END,
  timestampRows,
  USER_SPECIFIC,
  type MethodRows,
} from './row.ts'

const HEADER =
  'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.'
const CAPITALS = HEADER.replace('a required', 'a REQUIRED')
const header = row(HEADER, { authorization: 'Basic x' })
const credentialRows = [
  row('Missing (or invalid type) string parameter credentialID', { change: { credentialID: undefined } }),
  row('Invalid parameter credentialID', { sam: 'credential_unknown', isWithoutCredential: true }),
]

/** CSC API v1.0.4.0 §11.2 to §11.10: every row, in the order of the tables. */
export const V1: Readonly<Record<string, MethodRows>> = {
  'auth/login': LOGIN,
  'auth/revoke': revokeRows(CAPITALS),
  'credentials/list': {
    right: {},
    count: 4,
    rows: [
      header,
      row('Invalid parameter pageToken', { change: { pageToken: 'x' } }),
      row('userID parameter MUST be null', { change: { userID: 'bob' } }),
      row('Invalid parameter userID', { never: USER_SPECIFIC }),
    ],
  },
  'credentials/info': {
    right: { credentialID: 'cred-1' },
    count: 4,
    rows: [
      header,
      ...credentialRows,
      row('Invalid parameter certificates', { change: { certificates: 'all' } }),
    ],
  },
  'credentials/authorize': {
    right: { credentialID: 'cred-1', numSignatures: 1, hash: [HASH], OTP: '123456', PIN: '1234' },
    count: 11,
    rows: [
      header,
      ...credentialRows,
      row('The credential identified by credentialID is disabled', { sam: 'credential_disabled' }),
      row('Missing (or invalid type) integer parameter numSignatures', { change: { numSignatures: '1' } }),
      row('Invalid value for parameter numSignatures', { sam: 'number_of_signatures_invalid' }),
      row('Numbers of signatures is too high', { sam: 'number_of_signatures_too_high' }),
      row('The OTP is invalid', { sam: 'otp_invalid' }, 400, 'invalid_otp'),
      row('The PIN is invalid', { sam: 'pin_invalid' }, 400, 'invalid_pin'),
      row('PIN locked', { sam: 'pin_locked' }),
      row('OTP locked', { sam: 'otp_locked' }),
    ],
  },
  'credentials/extendTransaction': {
    right: { credentialID: 'cred-1', SAD: 'sad-1', hash: [HASH] },
    count: 1,
    rows: [row(CAPITALS, { authorization: 'Basic x' })],
  },
  'credentials/sendOTP': {
    right: { credentialID: 'cred-1' },
    count: 4,
    rows: [
      row('Malformed authroization header.', { authorization: 'Basic x' }),
      ...credentialRows,
      row('OTP locked', { sam: 'otp_locked' }),
    ],
  },
  'signatures/signHash': {
    right: { credentialID: 'cred-1', SAD: 'sad-1', hash: [HASH], signAlgo: ECDSA_SHA256 },
    count: 19,
    rows: [...signHashRows({ header: HEADER, hashes: 'hash', hashAlgorithm: 'hashAlgo' }), ...SIGN_HASH_END],
  },
  'signatures/timestamp': timestampRows(HEADER),
}
