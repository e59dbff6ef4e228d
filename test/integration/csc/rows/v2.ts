import {
  ECDSA_SHA256,
  EXPIRED,
  HASH,
  LOGIN,
  PSS,
  revokeRows,
  row,
  SHA256,
  SHA384,
  signHashRows,
  SIGN_HASH_END,
  timestampRows,
  USER_SPECIFIC,
  type MethodRows,
  type Row,
} from './row.ts'

const HEADER = 'Malformed authorization header.'
const WRONG = 'The authentication data is invalid'
const header = row(HEADER, { authorization: 'Basic x' })
const credentialMissing = row('Missing (or invalid type) string parameter credentialID', {
  change: { credentialID: undefined },
})
const credentialUnknown = row('Invalid parameter credentialID', {
  sam: 'credential_unknown',
  isWithoutCredential: true,
})
const certificates = row('Invalid parameter certificates', { change: { certificates: 'all' } })

const modeA = (change: object): object => ({ operationMode: 'A', ...change })
const MODE_A: readonly Row[] = [
  row('Invalid parameter operationMode', { change: { operationMode: 'B' } }),
  row('Invalid parameter validity_period', { change: modeA({ validity_period: 'x' }) }),
  row('Out of bounds parameter validity_period', { change: modeA({ validity_period: -1 }) }),
  row('Invalid parameter response_uri', { change: modeA({ response_uri: 'https://127.0.0.1/' }) }),
]

const digest = (change: object = {}): object => ({
  documentDigests: [
    { hashes: [HASH], hashAlgorithmOID: SHA256, signature_format: 'C', signAlgo: ECDSA_SHA256, ...change },
  ],
})
const none = { documentDigests: undefined }
const document = (change: object = {}): object => ({
  ...none,
  documents: [{ document: 'AAAA', signature_format: 'C', signAlgo: ECDSA_SHA256, ...change }],
})

/** §11.11. */
const SIGN_DOC: readonly Row[] = [
  header,
  row('Missing (or invalid type) string parameter SAD', { change: { SAD: undefined } }),
  row('Invalid parameter SAD', { sam: 'sad_invalid' }),
  credentialMissing,
  credentialUnknown,
  row('Invalid object parameter documentDigests', { change: { documentDigests: 'x' } }),
  row('Invalid array parameter documents', { change: { ...none, documents: 'x' } }),
  row('Empty documentDigests and documents objects', { change: none }),
  row('Both documentDigests and documents parameters passed', { change: { ...document(), ...digest() } }),
  row('Invalid Base64 hashes string parameter', { change: digest({ hashes: ['@'] }) }),
  row('Invalid Base64 documents string parameter', { change: document({ document: '@' }) }),
  row('documentDigests or documents are not authorized by the SAD.', {
    never: 'said of a PDF that the service prepares: see signDocRefusals.test.ts',
  }),
  row('Missing (or invalid type) string parameter signAlgo', { change: digest({ signAlgo: undefined }) }),
  row('Missing (or invalid type) string parameter signAlgoParams', { change: digest({ signAlgoParams: 7 }) }),
  row('String parameter hashAlgorithmOID contradicts with signAlgo parameter', {
    change: digest({ hashAlgorithmOID: SHA384 }),
  }),
  row('Invalid parameter hashAlgorithmOID', { change: digest({ hashAlgorithmOID: '1.3.14.3.2.26' }) }),
  row('Invalid parameter signAlgo', { change: digest({ signAlgo: PSS }) }),
  row('Invalid parameter signature_format', { change: digest({ signature_format: 'X' }) }),
  row('Missing (or invalid type) string parameter signature_format', {
    change: document({ signature_format: undefined }),
  }),
  row('Invalid parameter conformance_level', { change: digest({ conformance_level: 'AdES-B-LTA' }) }),
  row('Invalid parameter signed_envelope_property', {
    change: digest({ signed_envelope_property: 'Enveloped' }),
  }),
  row('Invalid parameter signed_props (mime-type)', {
    change: digest({ signed_props: [{ attribute_name: 'mime-type', attribute_value: 'AAAA' }] }),
  }),
  ...MODE_A,
  row('Invalid parameter clientData', { change: { clientData: 7 } }),
  row('Invalid digest value length', { change: digest({ hashes: ['AAAA'] }) }),
  row('SAD expired', { sam: 'sad_expired' }),
  row(EXPIRED, { sam: 'certificate_expired' }),
  row(
    'Document or documentDigest does not match authroized hash',
    { sam: 'hash_not_authorized' },
    403,
    'invalid_hash',
  ),
]

/** CSC API v2.0.0.2 §11.2 to §11.13: every row, in the order of the tables. */
export const V2: Readonly<Record<string, MethodRows>> = {
  'auth/login': LOGIN,
  'auth/revoke': revokeRows(HEADER),
  'credentials/list': {
    right: {},
    count: 4,
    rows: [
      header,
      row('userID parameter MUST be null', { change: { userID: 'bob' } }),
      row('Invalid parameter userID', { never: USER_SPECIFIC }),
      certificates,
    ],
  },
  'credentials/info': {
    right: { credentialID: 'cred-1' },
    count: 4,
    rows: [header, credentialMissing, credentialUnknown, certificates],
  },
  'credentials/authorize': {
    right: {
      credentialID: 'cred-1',
      numSignatures: 1,
      hashes: [HASH],
      hashAlgorithmOID: SHA256,
      authData: [{ id: 'OTP', value: '123456' }],
    },
    count: 9,
    rows: [
      header,
      credentialMissing,
      credentialUnknown,
      row('The credential identified by credentialID is disabled', { sam: 'credential_disabled' }),
      row('Missing (or invalid type) integer parameter numSignatures', { change: { numSignatures: '1' } }),
      row('Invalid value for parameter numSignatures', { sam: 'number_of_signatures_invalid' }),
      row('Numbers of signatures is too high', { sam: 'number_of_signatures_too_high' }),
      row(WRONG, { sam: 'otp_invalid' }, 400, 'invalid_authentication_data'),
      row('Credential locked', { sam: 'pin_locked' }),
    ],
  },
  'credentials/authorizeCheck': {
    right: { handle: 'x'.repeat(43) },
    count: 4,
    rows: [
      header,
      row('Invalid parameter handle', {}),
      row(
        WRONG,
        { never: 'needs an act under way: see authorizeCheck.test.ts' },
        400,
        'invalid_authentication_data',
      ),
      row('Credential locked', { never: 'needs an act under way: see authorizeCheck.test.ts' }),
    ],
  },
  'credentials/getChallenge': {
    right: { credentialID: 'cred-1', authObjectID: 'OTP' },
    count: 3,
    rows: [
      header,
      row('Invalid parameter credentialID', { sam: 'credential_unknown' }),
      row('Invalid parameter authObjectID', { change: { authObjectID: 'PIN' } }),
    ],
  },
  'credentials/extendTransaction': {
    right: { credentialID: 'cred-1', SAD: 'sad-1', hashes: [HASH] },
    count: 1,
    rows: [header],
  },
  'signatures/signHash': {
    right: { credentialID: 'cred-1', SAD: 'sad-1', hashes: [HASH], signAlgo: ECDSA_SHA256 },
    count: 23,
    rows: [
      ...signHashRows({ header: HEADER, hashes: 'hashes', hashAlgorithm: 'hashAlgorithmOID' }),
      ...MODE_A,
      ...SIGN_HASH_END,
    ],
  },
  'signatures/signDoc': {
    right: { credentialID: 'cred-1', SAD: 'sad-1', ...digest() },
    count: 31,
    rows: SIGN_DOC,
  },
  'signatures/signPolling': {
    right: { requestID: 'x'.repeat(43) },
    count: 7,
    rows: [
      row(
        'The previous asynchronous signature request has been accepted for processing, but the processing has not yet been completed.',
        { never: 'needs a request under way: see asynchronous.test.ts' },
        202,
        'accepted_request',
      ),
      header,
      row('Missing (or invalid type) string parameter requestID', { change: { requestID: 7 } }),
      row('Invalid parameter requestID', {}),
      row('userID parameter SHALL be null', { change: { userID: 'bob' } }),
      row('Invalid parameter “userID”', { never: USER_SPECIFIC }),
      row('Invalid parameter clientData', { change: { clientData: 7 } }),
    ],
  },
  'signatures/timestamp': timestampRows(HEADER),
}
