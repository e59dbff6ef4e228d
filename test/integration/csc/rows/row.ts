import type { SapErrorCode } from '../../../../sap/errors.ts'

/** How a row of an error table comes about. */
export type Case =
  | {
      /** Members over those of a right request; undefined takes one away. */
      readonly change?: object
      /** The Authorization header, in place of a service token; '' sends none. */
      readonly authorization?: string
      /** What the SAM says to whatever it is asked for first, or for an operation of this name. */
      readonly sam?: SapErrorCode
      /** The signer has no credential. */
      readonly isWithoutCredential?: boolean
    }
  /** Why this service cannot come to say it, or which test has it say so. */
  | { readonly never: string }

/** One row as the standard prints it, but for the case of `Invalid_request` and for placeholders. */
export interface Row {
  readonly status: number
  readonly error: string
  readonly description: string
  readonly how: Case
}

export function row(description: string, how: Case, status = 400, error = 'invalid_request'): Row {
  return { status, error, description, how }
}

export interface MethodRows {
  readonly right: object
  /** Rows in the standard's table. */
  readonly count: number
  readonly rows: readonly Row[]
}

export const HASH = Buffer.alloc(32, 7).toString('base64')
export const ECDSA_SHA256 = '1.2.840.10045.4.3.2'
export const RSA = '1.2.840.113549.1.1.1'
export const PSS = '1.2.840.113549.1.1.10'
export const SHA256 = '2.16.840.1.101.3.4.2.1'
export const SHA384 = '2.16.840.1.101.3.4.2.2'

export const basicHeader = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

export const EXPIRED = "Signing certificate 'O=Test Ltd,CN=Ada' is expired."
export const USER_SPECIFIC = 'every login is one of a user: userID must always be absent'
export const OTP_EARLIER = 'the OTP is checked when it authorizes, never when it signs'

/** auth/login of both versions: §11.2. */
export const LOGIN: MethodRows = {
  right: {},
  count: 5,
  rows: [
    row('Malformed authentication parameter.', { authorization: 'Digest x' }, 401),
    row('Malformed username-password.', { authorization: basicHeader('ada') }),
    row('Invalid string parameter: refresh_token', { authorization: '', change: { refresh_token: 7 } }),
    row('Invalid refresh_token', { authorization: '', change: { refresh_token: 'x'.repeat(43) } }),
    row(
      'An error occurred during authentication process',
      { authorization: basicHeader('ada:wrong') },
      400,
      'authentication_error',
    ),
  ],
}

export const revokeRows = (header: string): MethodRows => ({
  right: { token: 'x'.repeat(43) },
  count: 4,
  rows: [
    row(header, { authorization: 'Basic x' }),
    row('Missing (or invalid type) string parameter token', { change: { token: 7 } }),
    row('Invalid string parameter token_type_hint', { change: { token_type_hint: 'sad' } }),
    row('Invalid string parameter token', {}),
  ],
})

const BASE64_HASH = 'Invalid Base64 hash string parameter'

export const timestampRows = (header: string): MethodRows => ({
  right: { hash: HASH, hashAlgo: SHA256 },
  count: 7,
  rows: [
    row(header, { authorization: 'Basic x' }),
    row('Missing (or invalid type) string parameter hash', { change: { hash: [HASH] } }),
    row('Empty hash parameter', { change: { hash: '' } }),
    row('Invalid digest value length', { change: { hash: 'AAAA' } }),
    row(BASE64_HASH, { change: { hash: '@@@@' } }),
    row('Invalid parameter hashAlgo', { change: { hashAlgo: '1.3.14.3.2.26' } }),
    row('Invalid parameter nonce', { change: { nonce: 'xyz' } }),
  ],
})

/** Rows of signHash that both versions have, by the names that differ. */
export function signHashRows(names: {
  readonly header: string
  readonly hashes: string
  readonly hashAlgorithm: string
}): readonly Row[] {
  const { header, hashes, hashAlgorithm } = names
  return [
    row(header, { authorization: 'Basic x' }),
    row('Missing (or invalid type) string parameter SAD', { change: { SAD: 7 } }),
    row('Invalid parameter SAD', { sam: 'sad_invalid' }),
    row('Missing (or invalid type) string parameter credentialID', { change: { credentialID: undefined } }),
    row('Invalid parameter credentialID', { sam: 'credential_unknown' }),
    row('Missing (or invalid type) array parameter hash', { change: { [hashes]: HASH } }),
    row('Empty hash array', { change: { [hashes]: [] } }),
    row(BASE64_HASH, { change: { [hashes]: ['@'] } }),
    row('Hash is not authorized by the SAD.', { sam: 'hash_not_authorized' }),
    row('Missing (or invalid type) string parameter signAlgo', { change: { signAlgo: undefined } }),
    row('Missing (or invalid type) string parameter signAlgoParams', {
      change: { signAlgo: PSS },
      sam: 'sign_algorithm_parameters_missing',
    }),
    row(`Missing (or invalid type) string parameter ${hashAlgorithm}`, {
      change: { signAlgo: RSA },
      sam: 'hash_algorithm_missing',
    }),
    row(`Invalid parameter ${hashAlgorithm}`, { sam: 'hash_algorithm_invalid' }),
    row('Invalid parameter signAlgo', { sam: 'sign_algorithm_invalid' }),
  ]
}

/** The last rows of signHash. */
export const SIGN_HASH_END: readonly Row[] = [
  row('Invalid parameter clientData', { change: { clientData: 7 } }),
  row('Invalid digest value length', { sam: 'digest_length_invalid' }),
  row('The OTP is invalid', { never: OTP_EARLIER }, 400, 'invalid_otp'),
  row('SAD expired', { sam: 'sad_expired' }),
  row(EXPIRED, { sam: 'certificate_expired' }),
]
