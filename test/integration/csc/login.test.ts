import assert from 'node:assert/strict'
import { SapFailure } from '../../../sap/errors.ts'
import { basic, buildSsa, databaseText, type Answer, type TestSsa } from '../../support/buildSsa.ts'
import { memberOf, membersOf, textIn } from '../../support/bodyOf.ts'
import { journalLength, journalledCounts } from '../../support/journalledCounts.ts'
import { scriptedSam, type ScriptedSam } from '../../support/scriptedSam.ts'

const PASSWORD = 'correct horse battery'
const FAILED = {
  error: 'authentication_error',
  error_description: 'An error occurred during authentication process',
}
const EXPIRED = {
  error: 'expired_token',
  error_description: 'The access or refresh token is expired or has been revoked.',
}
const UNKNOWN = {
  error: 'invalid_token',
  error_description: 'The token provided is not a valid OAuth access or refresh token.',
}
const invalid = (description: string): object => ({
  error: 'invalid_request',
  error_description: description,
})

describe('auth/login and auth/revoke — CSC API v1.0.4.0 §11.2, §11.3', () => {
  let sam: ScriptedSam
  let ssa: TestSsa
  let offset = 0

  before(async () => {
    sam = await scriptedSam()
    ssa = await buildSsa({
      sam,
      clock: { now: () => Date.now() + offset },
      config: { limits: { failuresPerAccount: 5, failuresPerAddress: 1000, windowSeconds: 900 } },
    })
    for (const username of ['ada', 'bob'])
      await ssa.addUser({ username, password: PASSWORD, signerId: `signer-${username}` })
  })
  beforeEach(() => {
    offset = 0
    sam.calls.length = 0
    sam.handlers = {
      credentials: () => Promise.resolve({ credentials: [] }),
      voidSad: () => Promise.resolve({ voided: 0 }),
    }
  })
  after(async () => {
    await ssa.dispose()
    await sam.dispose()
  })

  const login = (body: object, authorization?: string): Promise<Answer> =>
    ssa.post('v1', 'auth/login', body, authorization === undefined ? {} : { authorization })
  const remembered = async (): Promise<{ access: string; refresh: string }> => {
    const { body } = await login({ rememberMe: true }, basic('ada', PASSWORD))
    return { access: textIn(body, 'access_token'), refresh: textIn(body, 'refresh_token') }
  }
  const list = (token: string): Promise<Answer> => ssa.post('v1', 'credentials/list', {}, { token })
  const revoke = (token: string, body: object): Promise<Answer> =>
    ssa.post('v1', 'auth/revoke', body, { token })

  it('gives a token for the right password, in both versions, without a refresh token unless asked', async () => {
    for (const version of ['v1', 'v2'] as const) {
      const answer = await ssa.post(version, 'auth/login', {}, { authorization: basic('ada', PASSWORD) })
      assert.equal(answer.status, 200)
      assert.deepEqual(membersOf(answer.body), ['access_token', 'expires_in'])
      assert.equal((await list(textIn(answer.body, 'access_token'))).status, 200)
      const [event] = await ssa.journal(answer.requestId)
      assert.equal(memberOf(event, 'type'), 'login')
    }
  })

  const malformed: readonly [string, string | undefined, number, string][] = [
    ['no header', undefined, 401, 'Malformed authentication parameter.'],
    ['another scheme', 'Bearer abc', 401, 'Malformed authentication parameter.'],
    ['no base64', 'Basic @@@', 401, 'Malformed authentication parameter.'],
    ['no colon', `Basic ${Buffer.from('ada').toString('base64')}`, 400, 'Malformed username-password.'],
    ['no name', basic('', PASSWORD), 400, 'Malformed username-password.'],
  ]
  for (const [name, authorization, status, description] of malformed)
    it(`refuses ${name}`, async () => {
      const answer = await login({}, authorization)
      assert.equal(answer.status, status)
      assert.deepEqual(answer.body, invalid(description))
    })

  const failing: readonly [string, string][] = [
    ['a wrong password', basic('bob', 'wrong')],
    ['an unknown user', basic('nobody', PASSWORD)],
    ['an empty password', basic('bob', '')],
    ['a password too long to be one', basic('bob', 'x'.repeat(4000))],
  ]
  for (const [name, authorization] of failing)
    it(`answers ${name} alike, and journals nothing of it alone (A17)`, async () => {
      const rows = await journalLength(ssa)
      const answer = await login({}, authorization)
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, FAILED)
      assert.deepEqual(await ssa.journal(answer.requestId), [])
      assert.equal(await journalLength(ssa), rows)
      const line = ssa.log.find((text) => text.includes(answer.requestId))
      assert.match(
        line ?? '',
        /"error":"authentication_error","reason":"login_failed".*"address":"127\.0\.0\.1"/,
      )
    })

  it('journals how many logins failed: the user if there is one, never the name that was typed', async () => {
    const service = await buildSsa({
      sam,
      config: { limits: { failuresPerAccount: 2, failuresPerAddress: 9, windowSeconds: 900 } },
    })
    try {
      await service.addUser({ username: 'ada', password: PASSWORD, signerId: 'signer-ada' })
      const userId = await userIdOf(service)
      const typed = 'my secret, typed into the wrong field'
      for (const name of ['ada', typed, 'ada', typed, 'ada'])
        await service.post('v1', 'auth/login', {}, { authorization: basic(name, 'wrong') })
      for (let n = 0; n < 6; n++)
        await service.post('v1', 'auth/login', {}, { authorization: basic(`user-${n}`, 'wrong') })
      const failed = {
        operation: 'auth/login',
        clientId: 'basic',
        error: 'authentication_error',
        reason: 'login_failed',
      }
      const limited = { ...failed, error: 'temporarily_unavailable', reason: 'logins_limited' }
      assert.deepEqual(await journalledCounts(service), [
        { ...failed, userId, count: 2 },
        { ...failed, count: 6 },
        { ...failed, userId, detail: 'account limited', count: 1 },
        { ...limited, count: 2 },
      ])
      const kept = (await databaseText(service)) + service.log.join('')
      for (const text of [typed, 'user-1', 'wrong']) assert.ok(!kept.includes(text), text)
    } finally {
      await service.dispose()
    }
  })

  it('takes as long for an unknown user as for a wrong password (A17)', async () => {
    await ssa.addUser({ username: 'timed', password: PASSWORD, signerId: 'signer-timed' })
    const fastest = { timed: Infinity, unknown: Infinity }
    // By turns, so that a busy machine slows both; the fastest of each is what the work itself takes.
    for (let n = 0; n < 5; n++)
      for (const name of ['timed', 'unknown'] as const) {
        const started = performance.now()
        await login({}, basic(name, 'wrong'))
        fastest[name] = Math.min(fastest[name], performance.now() - started)
      }
    // One verification takes some 20 ms: left out, the unknown user would answer in a quarter of the time.
    assert.ok(fastest.unknown > fastest.timed / 2, JSON.stringify(fastest))
  })

  it('answers a limited account alike, even to the right password (A17)', async () => {
    await ssa.addUser({ username: 'carl', password: PASSWORD, signerId: 'signer-carl' })
    for (let n = 0; n < 5; n++) await login({}, basic('carl', `wrong ${n}`))
    const answer = await login({}, basic('carl', PASSWORD))
    assert.equal(answer.status, 400)
    assert.deepEqual(answer.body, FAILED)
  })

  it('counts guesses that are made at once (A17)', async () => {
    await ssa.addUser({ username: 'dora', password: PASSWORD, signerId: 'signer-dora' })
    const guesses = Array.from({ length: 12 }, (_, n) => login({}, basic('dora', n < 11 ? `${n}` : PASSWORD)))
    const answers = await Promise.all(guesses)
    assert.ok(answers.every((answer) => answer.status === 400))
  })

  it('gives an account that logs in its attempts back', async () => {
    await ssa.addUser({ username: 'emil', password: PASSWORD, signerId: 'signer-emil' })
    for (let n = 0; n < 12; n++) assert.equal((await login({}, basic('emil', PASSWORD))).status, 200)
  })

  it('renews with a refresh token, in the same login family', async () => {
    const { refresh } = await remembered()
    const answer = await login({ refresh_token: refresh })
    assert.equal(answer.status, 200)
    assert.deepEqual(membersOf(answer.body), ['access_token', 'expires_in'])
    assert.equal((await list(textIn(answer.body, 'access_token'))).status, 200)
    assert.equal((await login({ refresh_token: refresh })).status, 200)
  })

  it('replaces the refresh token when another is asked for', async () => {
    const { refresh } = await remembered()
    const answer = await login({ refresh_token: refresh, rememberMe: true })
    assert.equal((await login({ refresh_token: textIn(answer.body, 'refresh_token') })).status, 200)
    assert.deepEqual((await login({ refresh_token: refresh })).body, invalid('Invalid refresh_token'))
  })

  const badRefresh: readonly [string, unknown, string][] = [
    ['of another form', 'abc', 'Invalid string parameter: refresh_token'],
    ['that is a number', 7, 'Invalid string parameter: refresh_token'],
    ['that nobody issued', 'A'.repeat(43), 'Invalid refresh_token'],
  ]
  for (const [name, token, description] of badRefresh)
    it(`refuses a refresh token ${name}`, async () => {
      const answer = await login({ refresh_token: token })
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, invalid(description))
    })

  it('takes neither an access token for a refresh token, nor the reverse', async () => {
    const { access, refresh } = await remembered()
    assert.deepEqual((await login({ refresh_token: access })).body, invalid('Invalid refresh_token'))
    const answer = await list(refresh)
    assert.equal(answer.status, 401)
    assert.deepEqual(answer.body, UNKNOWN)
  })

  it('refuses a password together with a refresh token', async () => {
    const { refresh } = await remembered()
    assert.equal((await login({ refresh_token: refresh }, basic('ada', PASSWORD))).status, 400)
  })

  it('takes null for an absent refresh token', async () => {
    assert.equal((await login({ refresh_token: null, rememberMe: null }, basic('ada', PASSWORD))).status, 200)
  })

  it('ends tokens when their time is over', async () => {
    const { access, refresh } = await remembered()
    offset = 3600 * 1000
    const answer = await list(access)
    assert.equal(answer.status, 401)
    assert.deepEqual(answer.body, EXPIRED)
    assert.match(String(answer.headers['www-authenticate']), /^Bearer/)
    offset = 31 * 24 * 3600 * 1000
    assert.deepEqual((await login({ refresh_token: refresh })).body, invalid('Invalid refresh_token'))
  })

  it('revokes a refresh token with its access tokens, and the SADs of the login at the SAM', async () => {
    const { access, refresh } = await remembered()
    const second = textIn((await login({ refresh_token: refresh })).body, 'access_token')
    assert.equal((await revoke(access, { token: refresh, token_type_hint: 'access_token' })).status, 204)
    for (const token of [access, second]) assert.deepEqual((await list(token)).body, EXPIRED)
    assert.deepEqual((await login({ refresh_token: refresh })).body, invalid('Invalid refresh_token'))
    // Before the tokens end, and once more for what was under way.
    assert.equal(sam.calls.filter(({ name }) => name === 'voidSad').length, 2)
  })

  it('ends no token while the SAM cannot void the SADs, so that it can be asked again', async () => {
    const { access, refresh } = await remembered()
    const present = sam.handlers
    sam.handlers = { ...present, voidSad: () => Promise.reject(new SapFailure('unavailable', 'away')) }
    assert.equal((await revoke(access, { token: refresh })).status, 503)
    sam.handlers = { ...present, voidSad: () => Promise.resolve({ voided: 1 }) }
    assert.equal((await list(access)).status, 200)
    assert.equal((await revoke(access, { token: refresh })).status, 204)
    assert.deepEqual((await list(access)).body, EXPIRED)
  })

  it('revokes an access token alone while there is a refresh token', async () => {
    const { access, refresh } = await remembered()
    assert.equal((await revoke(access, { token: access })).status, 204)
    assert.deepEqual((await list(access)).body, EXPIRED)
    assert.equal((await login({ refresh_token: refresh })).status, 200)
    assert.equal(sam.calls.filter(({ name }) => name === 'voidSad').length, 0)
  })

  it('revokes an access token alone while there is another one, also when none can be renewed', async () => {
    const { refresh } = await remembered()
    offset = 30 * 24 * 3600 * 1000 - 60_000
    const renewed = await Promise.all([login({ refresh_token: refresh }), login({ refresh_token: refresh })])
    const [first = '', second = ''] = renewed.map(({ body }) => textIn(body, 'access_token'))
    offset += 61_000
    assert.deepEqual((await login({ refresh_token: refresh })).body, invalid('Invalid refresh_token'))
    assert.equal((await revoke(second, { token: first })).status, 204)
    assert.deepEqual((await list(first)).body, EXPIRED)
    assert.equal((await list(second)).status, 200)
    assert.equal(sam.calls.filter(({ name }) => name === 'voidSad').length, 0)
  })

  it('ends the login with its last token', async () => {
    const token = await ssa.login('ada', PASSWORD)
    assert.equal((await revoke(token, { token })).status, 204)
    assert.deepEqual((await list(token)).body, EXPIRED)
    assert.equal(sam.calls.filter(({ name }) => name === 'voidSad').length, 2)
  })

  it('ends it also when the last two are revoked at once', async () => {
    const { refresh } = await remembered()
    offset = 30 * 24 * 3600 * 1000 - 60_000
    const renewed = await Promise.all([login({ refresh_token: refresh }), login({ refresh_token: refresh })])
    const tokens = renewed.map(({ body }) => textIn(body, 'access_token'))
    offset += 61_000
    const answers = await Promise.all(tokens.map((token) => revoke(token, { token })))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [204, 204],
    )
    assert.ok(sam.calls.filter(({ name }) => name === 'voidSad').length >= 2)
  })

  it('leaves the last token as it is while the SAM cannot void the SADs, so that it can be asked again', async () => {
    const token = await ssa.login('ada', PASSWORD)
    const present = sam.handlers
    sam.handlers = { ...present, voidSad: () => Promise.reject(new SapFailure('unavailable', 'away')) }
    assert.equal((await revoke(token, { token })).status, 503)
    sam.handlers = present
    assert.equal((await list(token)).status, 200)
    assert.equal((await revoke(token, { token })).status, 204)
    assert.deepEqual((await list(token)).body, EXPIRED)
  })

  it('has a SAD voided at the SAM, of the own login only', async () => {
    const token = await ssa.login('ada', PASSWORD)
    sam.handlers = { voidSad: ({ sad }) => Promise.resolve({ voided: sad === 'sad-1' ? 1 : 0 }) }
    assert.equal((await revoke(token, { token: 'sad-1' })).status, 204)
    const answer = await revoke(token, { token: 'sad-2' })
    assert.deepEqual(answer.body, invalid('Invalid string parameter token'))
  })

  it("treats another user's token as an unknown one, and leaves it alone (A18)", async () => {
    const { access, refresh } = await remembered()
    const foreign = await ssa.login('bob', PASSWORD)
    for (const token of [access, refresh]) {
      const answer = await revoke(foreign, { token })
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, invalid('Invalid string parameter token'))
    }
    assert.equal((await list(access)).status, 200)
  })

  const badRevocations: readonly [object, string][] = [
    [{}, 'Missing (or invalid type) string parameter token'],
    [{ token: 7 }, 'Missing (or invalid type) string parameter token'],
    [{ token: 'x', token_type_hint: 'sad' }, 'Invalid string parameter token_type_hint'],
    [{ token: '' }, 'Invalid string parameter token'],
    [{ token: 'x'.repeat(2000) }, 'Invalid string parameter token'],
  ]
  for (const [body, description] of badRevocations)
    it(`refuses to revoke ${JSON.stringify(body).slice(0, 50)}`, async () => {
      const token = await ssa.login('ada', PASSWORD)
      assert.deepEqual((await revoke(token, body)).body, invalid(description))
    })

  it('lets a registered application in by its certificate, and nobody else (8444)', async () => {
    const client = await ssa.makeClient('app-1')
    const token = await ssa.login('ada', PASSWORD, { client })
    assert.equal((await ssa.post('v1', 'credentials/list', {}, { token, client })).status, 200)
    const stranger = await ssa.makeClient(undefined)
    await assert.rejects(ssa.post('v1', 'info', {}, { client: stranger }))
    await assert.rejects(ssa.login('ada', PASSWORD, { client: { cert: '', key: '', ca: '' } }))
  })

  it('takes a token from the client that it was issued to only', async () => {
    const [client, other] = [await ssa.makeClient('app-2'), await ssa.makeClient('app-3')]
    const own = await ssa.login('ada', PASSWORD, { client })
    const plain = await ssa.login('ada', PASSWORD)
    const refused = [
      await ssa.post('v1', 'credentials/list', {}, { token: own }),
      await ssa.post('v1', 'credentials/list', {}, { token: own, client: other }),
      await ssa.post('v1', 'credentials/list', {}, { token: plain, client }),
    ]
    for (const answer of refused) {
      assert.equal(answer.status, 401)
      assert.deepEqual(answer.body, UNKNOWN)
    }
  })

  it('takes a refresh token from the client that it was issued to only', async () => {
    const client = await ssa.makeClient('app-4')
    const { refresh } = await remembered()
    const answer = await ssa.post('v1', 'auth/login', { refresh_token: refresh }, { client })
    assert.deepEqual(answer.body, invalid('Invalid refresh_token'))
  })

  it('knows its tokens after a restart, and keeps none of them', async () => {
    const { access, refresh } = await remembered()
    await ssa.restart()
    assert.equal((await list(access)).status, 200)
    const stored = (await databaseText(ssa)) + ssa.log.join('')
    assert.ok(stored.includes('argon2id'))
    for (const secret of [access, refresh, PASSWORD]) assert.ok(!stored.includes(secret))
  })
})

async function userIdOf(ssa: TestSsa): Promise<string> {
  const { requestId } = await ssa.post('v1', 'auth/login', {}, { authorization: basic('ada', PASSWORD) })
  const [event] = await ssa.journal(requestId)
  return textIn(event, 'userId')
}
