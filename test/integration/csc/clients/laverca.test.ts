import assert from 'node:assert/strict'
import { createPublicKey, verify, createHash } from 'node:crypto'
import { firstTextIn, memberOf, textIn } from '../../../support/bodyOf.ts'
import { basic } from '../../../support/buildSsa.ts'
import { clientRecipe } from '../../../support/clientRecipe.ts'
import { replay, type Reply } from '../../../support/replay.ts'
import {
  buildService,
  makeAccount,
  PASSWORD,
  sadFor,
  type Account,
  type Service,
} from '../../../support/service.ts'

const RSA_SHA256 = '1.2.840.113549.1.1.11'

describe('Methics laverca 1.2, request by request (v1)', function () {
  this.timeout(60_000)
  let service: Service
  let ada: Account
  let refreshToken = ''
  let accessToken = ''

  const ask = (method: string, body: object, authorization?: string): Promise<Reply> =>
    replay(service.ssa, {
      path: `csc/v1/${method}`,
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
      body: JSON.stringify(body),
    })
  const asAda = (method: string, body: object): Promise<Reply> => ask(method, body, `Bearer ${accessToken}`)

  before(async () => {
    service = await buildService({}, clientRecipe('Methics laverca'))
    ada = await makeAccount(service, { keyType: 'rsa-3072' })
  })
  after(() => service.dispose())

  it('logs in with Basic and rememberMe, and gets both tokens', async () => {
    const { status, body } = await ask('auth/login', { rememberMe: true }, basic(ada.username, PASSWORD))
    assert.equal(status, 200)
    accessToken = textIn(body, 'access_token')
    refreshToken = textIn(body, 'refresh_token')
    assert.equal(typeof memberOf(body, 'expires_in'), 'number')
  })

  it('refreshes without an Authorization header, and gets a refresh token again: it keeps what comes back', async () => {
    const { status, body } = await ask('auth/login', { rememberMe: true, refresh_token: refreshToken })
    assert.equal(status, 200)
    accessToken = textIn(body, 'access_token')
    assert.notEqual(textIn(body, 'refresh_token'), refreshToken)
  })

  it('expects authentication_error for a wrong password', async () => {
    const { status, body } = await ask('auth/login', { rememberMe: true }, basic(ada.username, 'wrong'))
    assert.deepEqual([status, memberOf(body, 'error')], [400, 'authentication_error'])
  })

  it('lists twenty, takes one certificate, finds the algorithm of its own constants', async () => {
    const list = await asAda('credentials/list', { maxResults: 20 })
    assert.deepEqual(memberOf(list.body, 'credentialIDs'), [ada.credentialID])
    const { body } = await asAda('credentials/info', {
      credentialID: ada.credentialID,
      certificates: 'single',
      certInfo: false,
      authInfo: false,
    })
    const chain = memberOf(memberOf(body, 'cert'), 'certificates')
    assert.ok(Array.isArray(chain) && chain.length === 1)
    const algorithms = memberOf(memberOf(body, 'key'), 'algo')
    assert.ok(Array.isArray(algorithms) && algorithms.includes(RSA_SHA256))
    assert.equal(memberOf(body, 'SCAL'), '2')
  })

  it('gives neither PIN nor OTP: an explicit credential refuses it, and says what is missing', async () => {
    const hash = [createHash('sha256').update('x').digest('base64')]
    const answer = await asAda('credentials/authorize', {
      credentialID: ada.credentialID,
      numSignatures: 1,
      hash,
    })
    assert.deepEqual(
      [answer.status, answer.body],
      [
        400,
        { error: 'invalid_request', error_description: 'Missing (or invalid type) string parameter OTP' },
      ],
    )
  })

  it('signs with a SAD, hashAlgo left out; uses the SAD again and is told so', async () => {
    const message = Buffer.from('a document')
    const digest = createHash('sha256').update(message).digest()
    const SAD = await sadFor(service, { ...ada, token: accessToken }, [digest])
    const wanted = {
      credentialID: ada.credentialID,
      SAD,
      hash: [digest.toString('base64')],
      signAlgo: RSA_SHA256,
    }
    const { status, body } = await asAda('signatures/signHash', wanted)
    assert.equal(status, 200)
    const signature = firstTextIn(body, 'signatures')
    const key = createPublicKey({ key: ada.signer.publicKey, format: 'der', type: 'spki' })
    assert.ok(verify('sha256', message, key, Buffer.from(signature, 'base64')))
    const again = await asAda('signatures/signHash', wanted)
    assert.deepEqual(
      [again.status, again.body],
      [400, { error: 'invalid_request', error_description: 'Invalid parameter SAD' }],
    )
  })

  it('revokes its access token, and reads the empty answer', async () => {
    const { status, body } = await asAda('auth/revoke', {
      token: accessToken,
      token_type_hint: 'access_token',
    })
    assert.equal(status, 204)
    assert.deepEqual(body, {})
  })
})
