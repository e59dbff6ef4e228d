import assert from 'node:assert/strict'
import request, { type Response } from 'supertest'
import { bodyOf, memberOf } from '../../support/bodyOf.ts'
import { basic, buildSsa, type TestSsa } from '../../support/buildSsa.ts'
import { assertAnswer } from '../../support/cscContract.ts'
import { journalLength, journalledCounts } from '../../support/journalledCounts.ts'
import { scriptedSam, type ScriptedSam } from '../../support/scriptedSam.ts'

const MSG_A =
  'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.'

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  not_found: 'There is no such method.',
  method_not_allowed: 'Every method of the API is POST.',
  not_implemented: 'The service does not have this method.',
}

describe('the API over HTTPS — CSC API v1.0.4.0 §7, §10', () => {
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
    sam.handlers = { credentials: () => Promise.resolve({ credentials: [] }) }
  })
  after(async () => {
    await ssa.dispose()
    await sam.dispose()
  })

  /** What came, which is what the contract says of that path. */
  const answered = async (path: string, call: PromiseLike<Response>): Promise<Response> => {
    const response = await call
    await assertAnswer(path, { status: response.status, body: bodyOf(response) })
    return response
  }

  it('tells with info what it is and which methods it has', async () => {
    const { status, body } = await ssa.post('v1', 'info', {})
    assert.equal(status, 200)
    assert.deepEqual(body, {
      specs: '1.0.3.0',
      name: 'Test service',
      region: 'DK',
      lang: 'en',
      description: 'A service under test',
      logo: 'https://localhost:8443/logo.png',
      authType: ['basic'],
      methods: [
        'info',
        'auth/login',
        'auth/revoke',
        'credentials/list',
        'credentials/info',
        'credentials/authorize',
        'credentials/extendTransaction',
        'credentials/sendOTP',
        'signatures/signHash',
      ],
    })
  })

  it('has in v2 what v2 demands of info', async () => {
    const { status, body } = await ssa.post('v2', 'info', {})
    assert.equal(status, 200)
    assert.ok(typeof body === 'object' && body !== null && 'signAlgorithms' in body)
  })

  it('serves info to a body that is empty, with or without a content type', async () => {
    const bare = await answered('/csc/v1/info', request(ssa.url).post('/csc/v1/info').ca(ssa.ca))
    assert.equal(bare.status, 200)
    assert.equal((await ssa.post('v1', 'info', '')).status, 200)
  })

  it('puts a request id and the headers of a careful server on every answer', async () => {
    for (const path of ['/csc/v1/info', '/csc/v1/nothing', '/', '/csc/v1/credentials/list']) {
      const { headers } = await answered(path, request(ssa.url).post(path).ca(ssa.ca))
      const given: Readonly<Record<string, unknown>> = headers
      assert.match(String(given['x-request-id']), /^[0-9a-f-]{36}$/)
      assert.equal(given['x-content-type-options'], 'nosniff')
      assert.equal(given['cache-control'], 'no-store')
      assert.match(String(given['strict-transport-security']), /max-age/)
      assert.equal(given['x-powered-by'], undefined)
    }
  })

  const paths: readonly ['post' | 'get' | 'put' | 'delete', string, number, string][] = [
    ['post', '/csc/v1/nothing', 404, 'not_found'],
    ['post', '/csc/v3/info', 404, 'not_found'],
    ['get', '/', 404, 'not_found'],
    ['get', '/csc/v1/info', 405, 'method_not_allowed'],
    ['put', '/csc/v1/credentials/list', 405, 'method_not_allowed'],
    ['delete', '/csc/v2/credentials/info', 405, 'method_not_allowed'],
    ['post', '/csc/v1/signatures/timestamp', 501, 'not_implemented'],
    ['post', '/csc/v2/credentials/create', 501, 'not_implemented'],
    ['post', '/csc/v2/credentials/delete', 501, 'not_implemented'],
    ['post', '/csc/v2/oauth2/token', 501, 'not_implemented'],
    ['post', '/csc/v2/oauth2/revoke', 501, 'not_implemented'],
    ['get', '/csc/v2/oauth2/authorize', 501, 'not_implemented'],
    ['post', '/csc/v1/credentials/getChallenge', 404, 'not_found'],
  ]
  for (const [verb, path, status, error] of paths)
    it(`answers ${verb} ${path} with ${status} in JSON`, async () => {
      const agent = request(ssa.url)
      const verbs = {
        post: agent.post(path),
        get: agent.get(path),
        put: agent.put(path),
        delete: agent.delete(path),
      }
      const response = await answered(path, verbs[verb].ca(ssa.ca))
      assert.equal(response.status, status)
      const body = bodyOf(response)
      assert.deepEqual(body, { error, error_description: DESCRIPTIONS[error] })
      if (status === 405) assert.equal(response.headers['allow'], 'POST')
    })

  it('takes no method override (W04)', async () => {
    const call = request(ssa.url).get('/csc/v1/info').set('X-HTTP-Method-Override', 'POST').ca(ssa.ca)
    const response = await answered('/csc/v1/info', call)
    assert.equal(response.status, 405)
  })

  const headers: readonly [string, string, string][] = [
    ['v1', 'credentials/list', MSG_A],
    ['v1', 'credentials/info', MSG_A],
    ['v1', 'credentials/authorize', MSG_A],
    ['v1', 'signatures/signHash', MSG_A],
    ['v1', 'auth/revoke', MSG_A.replace('a required', 'a REQUIRED')],
    ['v1', 'credentials/extendTransaction', MSG_A.replace('a required', 'a REQUIRED')],
    ['v1', 'credentials/sendOTP', 'Malformed authroization header.'],
    ['v2', 'credentials/list', 'Malformed authorization header.'],
    ['v2', 'credentials/getChallenge', 'Malformed authorization header.'],
    ['v2', 'signatures/signHash', 'Malformed authorization header.'],
  ]
  for (const [version, operation, description] of headers)
    it(`refuses ${version} ${operation} without a bearer token in its own words`, async () => {
      for (const authorization of ['', 'Bearer', 'Bearer a b', 'Basic YTpi', 'Token x']) {
        const answer = await ssa.post(version === 'v1' ? 'v1' : 'v2', operation, {}, { authorization })
        assert.equal(answer.status, 400, authorization)
        assert.deepEqual(answer.body, { error: 'invalid_request', error_description: description })
      }
    })

  it('answers an unknown token with 401 and a challenge', async () => {
    for (const bad of ['x', token.slice(1), `${token}A`, 'A'.repeat(43)]) {
      const answer = await ssa.post('v1', 'credentials/list', {}, { token: bad })
      assert.equal(answer.status, 401)
      assert.deepEqual(answer.body, {
        error: 'invalid_token',
        error_description: 'The token provided is not a valid OAuth access or refresh token.',
      })
      assert.match(String(answer.headers['www-authenticate']), /^Bearer/)
    }
  })

  it('lets nobody fill the journal who proves no identity, and says how many tried', async () => {
    const own = await buildSsa({ sam })
    await own.addUser({ username: 'ada', password: 'correct horse', signerId: 'signer-1' })
    const valid = await own.login('ada', 'correct horse')
    const rows = await journalLength(own)
    const attempts = [
      ...Array.from({ length: 40 }, () => ({ token: 'x' })),
      ...Array.from({ length: 30 }, () => ({ token: 'A'.repeat(43) })),
      ...Array.from({ length: 20 }, () => ({})),
    ]
    for (const options of attempts) await own.post('v1', 'credentials/list', {}, options)
    assert.equal(await journalLength(own), rows)
    for (let n = 0; n < 3; n++)
      await own.post('v1', 'credentials/list', { maxResults: 'x' }, { token: valid })
    assert.equal(await journalLength(own), rows + 3, 'who has a token is journalled each time')
    const of = (error: string, reason: string, detail: object, count: number): object => {
      const kind = { operation: 'credentials/list', clientId: 'basic', error, reason }
      return { ...kind, ...detail, count }
    }
    assert.deepEqual(await journalledCounts(own), [
      of('invalid_token', 'token_invalid', { detail: 'not a token of this service' }, 40),
      of('invalid_token', 'token_invalid', { detail: 'unknown token' }, 30),
      of('invalid_request', MSG_A, {}, 20),
    ])
    assert.equal(await journalLength(own), rows + 4)
    await own.dispose()
  })

  it('answers what nobody foresaw with one fixed 500, and tells the cause to the log only', async () => {
    sam.handlers = {
      credentials: () => {
        throw new Error('the secret cause')
      },
    }
    const answer = await ssa.post('v1', 'credentials/list', {}, { token })
    assert.equal(answer.status, 500)
    assert.deepEqual(answer.body, {
      error: 'server_error',
      error_description:
        'The authorization server encountered an unexpected condition that prevented it from fulfilling the request.',
    })
    const line = ssa.log.find((text) => text.includes(answer.requestId) && text.includes('unexpected error'))
    assert.match(line ?? '', /internal/)
    const [event] = await ssa.journal(answer.requestId)
    assert.equal(memberOf(event, 'type'), 'failed')
  })

  it('writes no text of a client into the log as it came (W06)', async () => {
    const before = ssa.log.length
    const path = '/csc/v1/%0d%0ainjected/line'
    await answered(path, request(ssa.url).post(path).ca(ssa.ca))
    await ssa.post('v1', 'auth/login', {}, { authorization: basic('eve\r\n{"event":"login"}', 'x') })
    const lines = ssa.log.slice(before)
    assert.ok(lines.length >= 2)
    for (const line of lines) {
      assert.equal(line.trimEnd().split('\n').length, 1)
      JSON.parse(line)
    }
  })

  it('answers what is no HTTP in JSON', async () => {
    const { connect } = await import('node:tls')
    const { port } = new URL(ssa.url)
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(
        { port: Number(port), host: '127.0.0.1', ca: ssa.ca, servername: 'localhost' },
        () => {
          socket.write('NONSENSE\r\n\r\n')
        },
      )
      let received = ''
      socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
      socket.on('end', () => {
        resolve(received)
      })
      socket.on('error', reject)
    })
    assert.match(text, /^HTTP\/1\.1 400 /)
    const body: unknown = JSON.parse(text.slice(text.indexOf('\r\n\r\n')))
    await assertAnswer('/', { status: 400, body })
    assert.deepEqual(body, {
      error: 'invalid_request',
      error_description: 'The request is not HTTP/1.1.',
    })
  })
})
