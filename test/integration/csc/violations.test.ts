import assert from 'node:assert/strict'
import { memberOf } from '../../support/bodyOf.ts'
import { buildSsa, type TestSsa, type Version } from '../../support/buildSsa.ts'
import { scriptedSam, type ScriptedSam } from '../../support/scriptedSam.ts'

const HASH = Buffer.alloc(32, 7).toString('base64')
const RSA = '1.2.840.113549.1.1.11'

/** A body that is right in each method and version; a row changes one member. */
const RIGHT: Readonly<Record<string, object>> = {
  'v1 auth/revoke': { token: 'sad-1' },
  'v2 auth/revoke': { token: 'sad-1' },
  'v1 credentials/list': {},
  'v2 credentials/list': {},
  'v1 credentials/info': { credentialID: 'cred-1' },
  'v2 credentials/info': { credentialID: 'cred-1' },
  'v1 credentials/authorize': { credentialID: 'cred-1', numSignatures: 1, hash: [HASH], OTP: '123456' },
  'v2 credentials/authorize': {
    credentialID: 'cred-1',
    numSignatures: 1,
    hashes: [HASH],
    hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
    authData: [{ id: 'OTP', value: '123456' }],
  },
  'v1 credentials/extendTransaction': { credentialID: 'cred-1', SAD: 'sad-1', hash: [HASH] },
  'v2 credentials/extendTransaction': { credentialID: 'cred-1', SAD: 'sad-1', hashes: [HASH] },
  'v1 credentials/sendOTP': { credentialID: 'cred-1' },
  'v2 credentials/getChallenge': { credentialID: 'cred-1', authObjectID: 'OTP' },
  'v1 signatures/signHash': { SAD: 'sad-1', credentialID: 'cred-1', hash: [HASH], signAlgo: RSA },
  'v2 signatures/signHash': { SAD: 'sad-1', credentialID: 'cred-1', hashes: [HASH], signAlgo: RSA },
}

const NO_CREDENTIAL = 'Missing (or invalid type) string parameter credentialID'
const NO_HASH = 'Missing (or invalid type) array parameter hash'
const NO_BASE64 = 'Invalid Base64 hash string parameter'
const NO_NUMBER = 'Missing (or invalid type) integer parameter numSignatures'
const NO_FLAG = 'Missing (or invalid type) boolean parameter'
const WRONG_FACTOR = 'The authentication data is invalid'
const nonceOf = (bytes: number): string => Buffer.alloc(bytes, 1).toString('base64')
/** Of what is no `invalid_request`. */
const ERRORS: Readonly<Record<string, string>> = {
  [WRONG_FACTOR]: 'invalid_authentication_data',
  'The OTP is invalid': 'invalid_otp',
  'The PIN is invalid': 'invalid_pin',
}
const nonce = nonceOf(16)

const both = (method: string, changes: object, description: string): readonly Row[] => [
  [`v1 ${method}`, changes, description],
  [`v2 ${method}`, changes, description],
]

type Row = readonly [method: string, changes: object, description: string]

const ROWS: readonly Row[] = [
  ...both('auth/revoke', { token: '\u0455ad' }, 'Invalid string parameter token'),
  ...both('auth/revoke', { token: '\ud800' }, 'Invalid string parameter token'),

  ...both('credentials/list', { userID: 'bob' }, 'userID parameter MUST be null'),
  ...both('credentials/list', { userID: 7 }, 'userID parameter MUST be null'),
  ['v2 credentials/list', { lang: 0 }, 'Invalid parameter lang'],
  ...both('credentials/list', { clientData: {} }, 'Invalid parameter clientData'),
  ['v1 credentials/list', { pageToken: 'x' }, 'Invalid parameter pageToken'],
  ['v1 credentials/list', { pageToken: 7 }, 'Invalid parameter pageToken'],
  ['v1 credentials/list', { pageToken: '' }, 'Invalid parameter pageToken'],
  ['v1 credentials/list', { pageToken: 'W10.AAAA' }, 'Invalid parameter pageToken'],
  ['v2 credentials/list', { credentialInfo: true, certificates: 'all' }, 'Invalid parameter certificates'],
  ['v2 credentials/list', { credentialInfo: true, certificates: 1 }, 'Invalid parameter certificates'],
  ['v2 credentials/list', { credentialInfo: true, certInfo: 1 }, `${NO_FLAG} certInfo`],
  ['v2 credentials/list', { credentialInfo: true, authInfo: 'true' }, `${NO_FLAG} authInfo`],
  ['v2 credentials/list', { credentialInfo: 1, certificates: 1 }, `${NO_FLAG} credentialInfo`],

  ...both('credentials/info', { credentialID: undefined }, NO_CREDENTIAL),
  ...both('credentials/info', { credentialID: null }, NO_CREDENTIAL),
  ...both('credentials/info', { credentialID: 7 }, NO_CREDENTIAL),
  ...both('credentials/info', { credentialID: '' }, 'Invalid parameter credentialID'),
  ...both('credentials/info', { credentialID: "x' OR 1=1" }, 'Invalid parameter credentialID'),
  ...both('credentials/info', { credentialID: 'x'.repeat(300) }, 'Invalid parameter credentialID'),
  ...both('credentials/info', { certificates: 'all' }, 'Invalid parameter certificates'),
  ...both('credentials/info', { lang: {} }, 'Invalid parameter lang'),
  ...both('credentials/info', { certificates: 1 }, 'Invalid parameter certificates'),
  ...both('credentials/info', { certInfo: 'true' }, `${NO_FLAG} certInfo`),

  ...both('credentials/authorize', { credentialID: undefined, numSignatures: 'x' }, NO_CREDENTIAL),
  ...both('credentials/authorize', { numSignatures: undefined }, NO_NUMBER),
  ...both('credentials/authorize', { numSignatures: '2' }, NO_NUMBER),
  ...both('credentials/authorize', { numSignatures: 1.5 }, NO_NUMBER),
  ...both('credentials/authorize', { description: 'x'.repeat(501) }, 'Invalid parameter description'),
  ['v1 credentials/authorize', { hash: HASH }, NO_HASH],
  ['v1 credentials/authorize', { hash: [] }, 'Empty hash array'],
  ['v1 credentials/authorize', { OTP: 123456 }, 'Missing (or invalid type) string parameter OTP'],
  ['v1 credentials/authorize', { PIN: 1234 }, 'Missing (or invalid type) string parameter PIN'],
  ['v1 credentials/authorize', { OTP: '' }, 'The OTP is invalid'],
  ['v1 credentials/authorize', { OTP: '1'.repeat(200_000) }, 'The OTP is invalid'],
  ['v1 credentials/authorize', { OTP: '12\n34' }, 'The OTP is invalid'],
  ['v1 credentials/authorize', { OTP: '1234\u202e5678' }, 'The OTP is invalid'],
  ['v1 credentials/authorize', { OTP: '12345678\u0085' }, 'The OTP is invalid'],
  ['v1 credentials/authorize', { PIN: '1'.repeat(129) }, 'The PIN is invalid'],
  ['v1 credentials/authorize', { PIN: 'half of \ud83d' }, 'The PIN is invalid'],
  ['v2 credentials/authorize', { hashes: HASH }, NO_HASH],
  [
    'v2 credentials/authorize',
    { hashAlgorithmOID: '2.16.840.1.101.03.4' },
    'Invalid parameter hashAlgorithmOID',
  ],
  ['v2 credentials/authorize', { authData: {} }, 'Missing (or invalid type) array parameter authData'],
  ['v2 credentials/authorize', { authData: [{ value: 'x' }] }, 'Invalid parameter authData'],
  ['v2 credentials/authorize', { authData: [{ id: 'OTP', value: 123456 }] }, 'Invalid parameter authData'],
  ['v2 credentials/authorize', { authData: [{ id: 'SMS', value: '1' }] }, WRONG_FACTOR],
  ['v2 credentials/authorize', { authData: [{ id: 'OTP' }] }, WRONG_FACTOR],
  ['v2 credentials/authorize', { authData: [{ id: 'PIN', value: '' }] }, WRONG_FACTOR],
  ['v2 credentials/authorize', { authData: [{ id: 'PIN', value: 'a\u2028b' }] }, WRONG_FACTOR],
  [
    'v2 credentials/authorize',
    {
      authData: [
        { id: 'OTP', value: '1' },
        { id: 'OTP', value: '2' },
      ],
    },
    WRONG_FACTOR,
  ],

  ...both(
    'credentials/extendTransaction',
    { SAD: undefined },
    'Missing (or invalid type) string parameter SAD',
  ),
  ...both('credentials/extendTransaction', { SAD: 'x'.repeat(2000) }, 'Invalid parameter SAD'),
  ...both('credentials/extendTransaction', { credentialID: [] }, NO_CREDENTIAL),

  ['v1 credentials/sendOTP', { credentialID: undefined }, NO_CREDENTIAL],
  ['v1 credentials/sendOTP', { hash: [HASH] }, 'Missing (or invalid type) string parameter nonce'],
  ['v1 credentials/sendOTP', { nonce }, NO_HASH],
  ['v1 credentials/sendOTP', { nonce: 'AAAA', hash: [HASH] }, 'Invalid parameter nonce'],
  ['v1 credentials/sendOTP', { nonce: nonceOf(17), hash: [HASH] }, 'Invalid parameter nonce'],
  ['v2 credentials/getChallenge', { nonce: nonceOf(18), hashes: [HASH] }, 'Invalid parameter nonce'],
  ['v1 credentials/sendOTP', { nonce, hash: [HASH], hashAlgo: 'sha256' }, 'Invalid parameter hashAlgo'],
  ['v1 credentials/sendOTP', { nonce, hash: [HASH], description: 7 }, 'Invalid parameter description'],
  ['v2 credentials/getChallenge', { credentialID: undefined }, NO_CREDENTIAL],
  ['v2 credentials/getChallenge', { authObjectID: undefined }, 'Invalid parameter authObjectID'],
  ['v2 credentials/getChallenge', { hashes: [HASH] }, 'Missing (or invalid type) string parameter nonce'],

  ...both(
    'signatures/signHash',
    { SAD: undefined, credentialID: 7 },
    'Missing (or invalid type) string parameter SAD',
  ),
  ...both('signatures/signHash', { SAD: ['x'] }, 'Missing (or invalid type) string parameter SAD'),
  ...both('signatures/signHash', { SAD: 's\u0430d' }, 'Invalid parameter SAD'),
  ...both('signatures/signHash', { SAD: 'x'.repeat(200_000) }, 'Invalid parameter SAD'),
  ...both('signatures/signHash', { credentialID: undefined, signAlgo: 7 }, NO_CREDENTIAL),
  ['v1 signatures/signHash', { hash: undefined }, NO_HASH],
  ['v2 signatures/signHash', { hashes: undefined }, NO_HASH],
  ['v1 signatures/signHash', { hash: { 0: HASH } }, NO_HASH],
  ['v1 signatures/signHash', { hash: [] }, 'Empty hash array'],
  ['v2 signatures/signHash', { hashes: [] }, 'Empty hash array'],
  ['v1 signatures/signHash', { hash: [[HASH]] }, NO_BASE64],
  ['v1 signatures/signHash', { hash: [null] }, NO_BASE64],
  ['v1 signatures/signHash', { hash: [HASH, 7] }, NO_BASE64],
  ['v1 signatures/signHash', { hash: ['@@@@'] }, NO_BASE64],
  ['v1 signatures/signHash', { hash: ['AAB='] }, NO_BASE64],
  ['v1 signatures/signHash', { hash: [HASH.replace('=', '')] }, NO_BASE64],
  ['v1 signatures/signHash', { hash: [`${HASH}\n`] }, NO_BASE64],
  ['v1 signatures/signHash', { hash: ['_-8='] }, NO_BASE64],
  ['v2 signatures/signHash', { hashes: [{}] }, NO_BASE64],
  ['v1 signatures/signHash', { hash: ['A'.repeat(400)] }, 'Invalid digest value length'],
  ...both(
    'signatures/signHash',
    { signAlgo: undefined },
    'Missing (or invalid type) string parameter signAlgo',
  ),
  ...both('signatures/signHash', { signAlgo: '1.2.840 .113549' }, 'Invalid parameter signAlgo'),
  ...both('signatures/signHash', { signAlgo: `1.${'9'.repeat(90_000)}` }, 'Invalid parameter signAlgo'),
  ...both(
    'signatures/signHash',
    { signAlgoParams: 7 },
    'Missing (or invalid type) string parameter signAlgoParams',
  ),
  ...both('signatures/signHash', { signAlgoParams: '@' }, 'Invalid parameter signAlgoParams'),
  ...both('signatures/signHash', { signAlgoParams: 'A'.repeat(400) }, 'Invalid parameter signAlgoParams'),
  ...both('signatures/signHash', { signAlgoParams: nonceOf(257) }, 'Invalid parameter signAlgoParams'),
  ['v1 signatures/signHash', { hashAlgo: 1 }, 'Missing (or invalid type) string parameter hashAlgo'],
  ['v1 signatures/signHash', { hashAlgo: '2.16.840.1.101.3.04.2.1' }, 'Invalid parameter hashAlgo'],
  [
    'v2 signatures/signHash',
    { hashAlgorithmOID: 1 },
    'Missing (or invalid type) string parameter hashAlgorithmOID',
  ],
  ['v2 signatures/signHash', { hashAlgorithmOID: ' 2.16' }, 'Invalid parameter hashAlgorithmOID'],
  ['v2 signatures/signHash', { operationMode: 'B' }, 'Invalid parameter operationMode'],
  ...both('signatures/signHash', { clientData: 7 }, 'Invalid parameter clientData'),
]

describe('a request that is not what the contract says — CSC API v1.0.4.0 §11, v2.0.0.2 §11', () => {
  let sam: ScriptedSam
  let ssa: TestSsa
  let token: string

  before(async () => {
    sam = await scriptedSam()
    ssa = await buildSsa({ sam })
    await ssa.addUser({ username: 'ada', password: 'correct horse', signerId: 'signer-1' })
    token = await ssa.login('ada', 'correct horse')
  })
  beforeEach(() => {
    sam.calls.length = 0
    sam.handlers = {}
  })
  after(async () => {
    await ssa.dispose()
    await sam.dispose()
  })

  const split = (method: string): [Version, string] => {
    const [version, operation = ''] = method.split(' ')
    return [version === 'v1' ? 'v1' : 'v2', operation]
  }

  for (const [method, changes, description] of ROWS)
    it(`${method} with ${JSON.stringify(changes).slice(0, 60)}: ${description}`, async () => {
      const answer = await ssa.post(...split(method), { ...RIGHT[method], ...changes }, { token })
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, {
        error: ERRORS[description] ?? 'invalid_request',
        error_description: description,
      })
      assert.deepEqual(sam.calls, [], 'the SAM was not asked')
      const [event] = await ssa.journal(answer.requestId)
      assert.equal(memberOf(event, 'type'), 'refused')
      assert.equal(memberOf(event, 'signerId'), 'signer-1')
    })

  for (const lang of [0, true, ['da'], { da: 1 }])
    it(`info with lang ${JSON.stringify(lang)}: Invalid parameter lang`, async () => {
      for (const version of ['v1', 'v2'] as const) {
        const { status, body } = await ssa.post(version, 'info', { lang })
        const told = { error: 'invalid_request', error_description: 'Invalid parameter lang' }
        assert.deepEqual([status, body], [400, told])
      }
    })

  for (const number of ['1e309', '-1e309', '1e400'])
    it(`takes no ${number} for a number of signatures (S11)`, async () => {
      const body = `{"credentialID":"cred-1","numSignatures":${number},"hash":["${HASH}"]}`
      const answer = await ssa.post('v1', 'credentials/authorize', body, { token })
      assert.equal(memberOf(answer.body, 'error_description'), NO_NUMBER)
      assert.deepEqual(sam.calls, [])
    })

  const passed: readonly [number, number][] = [
    [0, 0],
    [-1, -1],
    [1e300, 2 ** 31],
    [-1e300, -(2 ** 31)],
  ]
  for (const [given, expected] of passed)
    it(`leaves it to the SAM to judge ${given} signatures`, async () => {
      const body = { ...RIGHT['v1 credentials/authorize'], OTP: undefined, numSignatures: given }
      await ssa.post('v1', 'credentials/authorize', body, { token })
      assert.equal(memberOf(sam.calls[0]?.request, 'numberOfSignatures'), expected)
    })

  it('takes null for every optional member, and ignores what it does not know', async () => {
    sam.handlers = { credentials: () => Promise.resolve({ credentials: [] }) }
    const body = { userID: null, maxResults: null, pageToken: null, clientData: null, lang: null, other: [1] }
    assert.equal((await ssa.post('v1', 'credentials/list', body, { token })).status, 200)
    assert.equal((await ssa.post('v2', 'credentials/list', { ...body, userID: '' }, { token })).status, 200)
  })

  for (const credentialInfo of [undefined, false])
    it(`ignores what is asked of credentials that are not described: ${String(credentialInfo)} (v2 §11.4)`, async () => {
      sam.handlers = { credentials: () => Promise.resolve({ credentials: [] }) }
      const body = { credentialInfo, certificates: 'all', certInfo: 'true', authInfo: 1 }
      const answer = await ssa.post('v2', 'credentials/list', body, { token })
      assert.deepEqual([answer.status, answer.body], [200, { credentialIDs: [] }])
    })

  it('ignores what belongs to mode A in mode S (v2 §11.10)', async () => {
    sam.handlers = { sign: () => Promise.resolve({ signatures: [Buffer.alloc(64)] }) }
    const more = { operationMode: 'S', validity_period: -1, response_uri: 'http://127.0.0.1/' }
    const body = { ...RIGHT['v2 signatures/signHash'], ...more }
    assert.equal((await ssa.post('v2', 'signatures/signHash', body, { token })).status, 200)
  })

  it('makes spaces of control characters in a description', async () => {
    sam.handlers = { sendOtp: () => Promise.resolve({ expiresInSeconds: 300 }) }
    const body = { credentialID: 'cred-1', hash: [HASH], nonce, description: 'Invoice\r\n\u0007 7\u2028' }
    assert.equal((await ssa.post('v1', 'credentials/sendOTP', body, { token })).status, 204)
    assert.equal(memberOf(memberOf(sam.calls[0]?.request, 'binding'), 'label'), 'Invoice    7')
  })

  it('makes spaces of half characters and of what turns text around', async () => {
    sam.handlers = { sendOtp: () => Promise.resolve({ expiresInSeconds: 300 }) }
    const body = { credentialID: 'cred-1', hashes: [HASH], nonce, description: '\ud83dInvoice \u202e7' }
    const answer = await ssa.post(
      'v2',
      'credentials/getChallenge',
      { ...body, authObjectID: 'OTP' },
      { token },
    )
    assert.equal(answer.status, 204)
    assert.equal(memberOf(memberOf(sam.calls[0]?.request, 'binding'), 'label'), 'Invoice  7')
  })

  it('counts characters, not halves of them: 500 of a description and 128 of a PIN reach the SAM', async () => {
    const description = '😀'.repeat(500)
    const body = { ...RIGHT['v1 credentials/authorize'], description, PIN: '😀'.repeat(128) }
    await ssa.post('v1', 'credentials/authorize', body, { token })
    assert.equal(memberOf(sam.calls[0]?.request, 'description'), description)
  })
})
