import assert from 'node:assert/strict'
import { SAP_ERROR_CODES, SapFailure, type SapErrorCode } from '../../../sap/errors.ts'
import { memberOf } from '../../support/bodyOf.ts'
import { assertContract } from '../../support/cscContract.ts'
import { buildSsa, type Answer, type TestSsa } from '../../support/buildSsa.ts'
import { scriptedSam, type ScriptedSam } from '../../support/scriptedSam.ts'

const HASH = Buffer.alloc(32, 7).toString('base64')
const SERVER_ERROR: Expected = [
  500,
  'server_error',
  'The authorization server encountered an unexpected condition that prevented it from fulfilling the request.',
]
const WRONG_FACTOR: Expected = [400, 'invalid_authentication_data', 'The authentication data is invalid']
const bad = (description: string): Expected => [400, 'invalid_request', description]
const COMMON =
  'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.'

type Expected = readonly [status: number, error: string, description: string]

/** What a client of each version is told; one entry where both are told the same. */
const TOLD: Readonly<Record<SapErrorCode, readonly [Expected, Expected?]>> = {
  malformed: [SERVER_ERROR],
  forbidden: [SERVER_ERROR],
  unknown_operation: [SERVER_ERROR],
  too_large: [SERVER_ERROR],
  unavailable: [
    [
      503,
      'temporarily_unavailable',
      'The authorization server is currently unable to handle the request due to a temporary overloading or maintenance of the server.',
    ],
  ],
  internal: [SERVER_ERROR],
  credential_unknown: [bad('Invalid parameter credentialID')],
  credential_disabled: [bad('The credential identified by credentialID is disabled')],
  certificate_expired: [bad("Signing certificate 'O=Test Ltd,CN=Ada' is expired.")],
  number_of_signatures_invalid: [bad('Invalid value for parameter numSignatures')],
  number_of_signatures_too_high: [bad('Numbers of signatures is too high')],
  hashes_missing: [bad('Missing (or invalid type) array parameter hash')],
  hash_count_mismatch: [bad('Invalid value for parameter numSignatures')],
  digest_length_invalid: [bad('Invalid digest value length')],
  hash_algorithm_missing: [
    bad('Missing (or invalid type) string parameter hashAlgo'),
    bad('Missing (or invalid type) string parameter hashAlgorithmOID'),
  ],
  hash_algorithm_invalid: [bad('Invalid parameter hashAlgo'), bad('Invalid parameter hashAlgorithmOID')],
  sign_algorithm_invalid: [bad('Invalid parameter signAlgo')],
  sign_algorithm_parameters_missing: [bad('Missing (or invalid type) string parameter signAlgoParams')],
  sign_algorithm_parameters_invalid: [bad('Invalid parameter signAlgoParams')],
  otp_missing: [bad('Missing (or invalid type) string parameter OTP'), WRONG_FACTOR],
  otp_invalid: [[400, 'invalid_otp', 'The OTP is invalid'], WRONG_FACTOR],
  otp_locked: [bad('OTP locked'), bad('Credential locked')],
  otps_limited: [
    [
      429,
      'temporarily_unavailable',
      'The authorization server is currently unable to handle the request due to a temporary overloading or maintenance of the server.',
    ],
  ],
  otp_not_sendable: [bad('Invalid parameter credentialID'), bad('Invalid parameter authObjectID')],
  pin_missing: [bad('Missing (or invalid type) string parameter PIN'), WRONG_FACTOR],
  pin_invalid: [[400, 'invalid_pin', 'The PIN is invalid'], WRONG_FACTOR],
  pin_locked: [bad('PIN locked'), bad('Credential locked')],
  factor_unexpected: [bad(COMMON), WRONG_FACTOR],
  grade_too_low: [[400, 'invalid_otp', 'The OTP is invalid'], WRONG_FACTOR],
  sad_invalid: [bad('Invalid parameter SAD')],
  sad_expired: [bad('SAD expired')],
  hash_not_authorized: [bad('Hash is not authorized by the SAD.')],
  attributes_not_authorized: [SERVER_ERROR],
  hashes_not_signed: [bad('Hash is not authorized by the SAD.')],
  documents_not_signed: [bad('documentDigests or documents are not authorized by the SAD.')],
  signer_unknown: [
    [403, 'access_denied', 'The user, authorization server or remote service denied the request.'],
  ],
  client_unknown: [[403, 'unauthorized_client', 'The client is not authorized to use this method.']],
  factor_unknown: [SERVER_ERROR],
  factor_exists: [SERVER_ERROR],
  pin_too_weak: [SERVER_ERROR],
  policy_unknown: [SERVER_ERROR],
  policy_exceeded: [SERVER_ERROR],
  state_forbids: [SERVER_ERROR],
  certificate_refused: [SERVER_ERROR],
  already_exists: [SERVER_ERROR],
}

describe('what a client is told of a refusal by the SAM — CSC API v1.0.4.0 §11, v2.0.0.2 §11', () => {
  let sam: ScriptedSam
  let ssa: TestSsa
  let token: string

  before(async () => {
    sam = await scriptedSam()
    ssa = await buildSsa({ sam })
    await ssa.addUser({ username: 'ada', password: 'correct horse', signerId: 'signer-1' })
    token = await ssa.login('ada', 'correct horse')
  })
  after(async () => {
    await ssa.dispose()
    await sam.dispose()
  })

  const signHash = (version: 'v1' | 'v2'): Promise<Answer> => {
    const hashes = version === 'v1' ? { hash: [HASH] } : { hashes: [HASH] }
    const body = { SAD: 'sad-1', credentialID: 'cred-1', signAlgo: '1.2.840.113549.1.1.11', ...hashes }
    return ssa.post(version, 'signatures/signHash', body, { token })
  }

  for (const code of SAP_ERROR_CODES)
    it(`says of ${code} what each version says, and journals the code`, async () => {
      const subject = { organization: 'Test Ltd', commonName: 'Ada' }
      sam.handlers = {
        sign: () => {
          throw new SapFailure(
            code,
            'a reason that stays there',
            code === 'certificate_expired' ? { subject } : {},
          )
        },
      }
      for (const version of ['v1', 'v2'] as const) {
        const [first, second = first] = TOLD[code]
        const [status, error, description] = version === 'v1' ? first : second
        const answer = await signHash(version)
        assert.equal(answer.status, status)
        assert.deepEqual(answer.body, { error, error_description: description })
        const events = await ssa.journal(answer.requestId)
        assert.equal(memberOf(events[0], 'type'), 'sign-requested')
        const last = events.at(-1)
        assert.equal(memberOf(last, 'type'), status === 500 ? 'failed' : 'refused')
        if (status !== 500) assert.equal(memberOf(last, 'detail'), `SAM: ${code}`)
        assert.equal(events.length, 2)
      }
    })

  it('gives no answer with fewer signatures than hashes', async () => {
    sam.handlers = { sign: () => Promise.resolve({ signatures: [Buffer.alloc(64), Buffer.alloc(64)] }) }
    assert.equal((await signHash('v1')).status, 500)
  })

  it('sends the SAM its own request id, the signer, the client and the login', async () => {
    sam.calls.length = 0
    sam.handlers = { sign: () => Promise.resolve({ signatures: [Buffer.alloc(64)] }) }
    const answer = await signHash('v1')
    assert.equal(answer.status, 200)
    const [call] = sam.calls
    assert.equal(memberOf(call?.request, 'requestId'), answer.requestId)
    assert.equal(memberOf(call?.request, 'signerId'), 'signer-1')
    assert.equal(memberOf(call?.request, 'clientId'), 'basic')
    const events = await ssa.journal(answer.requestId)
    assert.deepEqual(
      events.map((event) => memberOf(event, 'type')),
      ['sign-requested', 'sign-completed'],
    )
    assert.equal(memberOf(call?.request, 'familyId'), memberOf(events[0], 'familyId'))
  })

  it('shows no credential that the SAM gave for another', async () => {
    sam.handlers = { credentials: () => Promise.resolve({ credentials: [] }) }
    const answer = await ssa.post('v1', 'credentials/info', { credentialID: 'cred-2' }, { token })
    assert.deepEqual(answer.body, {
      error: 'invalid_request',
      error_description: 'Invalid parameter credentialID',
    })
  })
})

describe('a SAM that is not there', () => {
  it('is answered with 503, and named by /readyz', async () => {
    const sam = await scriptedSam()
    const ssa = await buildSsa({ sam })
    await ssa.addUser({ username: 'ada', password: 'correct horse', signerId: 'signer-1' })
    const token = await ssa.login('ada', 'correct horse')
    await sam.dispose()
    const answer = await ssa.post('v1', 'credentials/list', {}, { token })
    assert.equal(answer.status, 503)
    assert.equal(memberOf(answer.body, 'error'), 'temporarily_unavailable')
    assert.ok(answer.headers['retry-after'])
    for (const path of ['readyz', 'readyz?verbose']) {
      const ready = await fetch(`${ssa.managementUrl}/${path}`)
      const body: unknown = await ready.json()
      assert.equal(ready.status, 503)
      assert.deepEqual(body, {
        status: 'failed',
        parts: { database: 'ok', sam: 'failed', hsm: 'failed', journal: 'ok' },
      })
      await assertContract('management', 'readyz', { status: 503, body })
    }
    await ssa.dispose()
  })
})
