import assert from 'node:assert/strict'
import { buildSsa, type TestSsa } from '../../support/buildSsa.ts'
import { scriptedSam, type ScriptedSam } from '../../support/scriptedSam.ts'

const MSG_A =
  'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.'

const NOT_JSON = {
  error: 'unsupported_media_type',
  error_description: 'The body must be application/json in UTF-8.',
}

describe('bodies of requests — CSC API v1.0.4.0 §7, §10', () => {
  let sam: ScriptedSam
  let ssa: TestSsa
  let token: string

  before(async () => {
    sam = await scriptedSam()
    sam.handlers = { credentials: () => Promise.resolve({ credentials: [] }) }
    ssa = await buildSsa({ sam })
    await ssa.addUser({ username: 'ada', password: 'correct horse', signerId: 'signer-1' })
    token = await ssa.login('ada', 'correct horse')
  })
  after(async () => {
    await ssa.dispose()
    await sam.dispose()
  })

  const mediaTypes: readonly [string, number][] = [
    ['application/json', 200],
    ['application/json; charset=utf-8', 200],
    ['Application/JSON;charset="UTF-8"', 200],
    ['application/json; charset=utf-7', 415],
    ['application/json; charset=iso-8859-1', 415],
    ['application/json; charset=utf-16', 415],
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['application/jsonp', 415],
    ['', 415],
  ]
  for (const [type, status] of mediaTypes)
    it(`answers content type "${type}" with ${status} (W04)`, async () => {
      const answer = await ssa.post(
        'v1',
        'credentials/list',
        {},
        { token, headers: { 'Content-Type': type } },
      )
      assert.equal(answer.status, status)
      if (status === 415) assert.deepEqual(answer.body, NOT_JSON)
    })

  it('refuses an encoded body, whatever is in it (W02)', async () => {
    const answer = await ssa.post(
      'v1',
      'credentials/list',
      {},
      { token, headers: { 'Content-Encoding': 'gzip' } },
    )
    assert.equal(answer.status, 415)
    assert.deepEqual(answer.body, {
      error: 'unsupported_media_type',
      error_description: 'The body must not be encoded.',
    })
  })

  it('refuses a body of more than 256 KiB with 413', async () => {
    const answer = await ssa.post('v1', 'credentials/list', { clientData: 'x'.repeat(256 * 1024) }, { token })
    assert.equal(answer.status, 413)
    assert.deepEqual(answer.body, {
      error: 'payload_too_large',
      error_description: 'The body must not have more than 256 KiB.',
    })
  })

  const malformed: readonly [string, string][] = [
    ['no JSON', '{"credentialID":'],
    ['an array', '[]'],
    ['a text', '"x"'],
    ['null', 'null'],
    ['nothing', ''],
    ['a byte order mark', '\ufeff{}'],
    ['a member twice', '{"maxResults":1,"maxResults":2}'],
    ['a member twice, spelled differently', '{"maxResults":1,"max\\u0052esults":2}'],
    ['a member twice inside', '{"x":[{"a":1,"a":1}]}'],
    ['deep nesting', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['deep nesting of objects', '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000)],
    ['a long array', `{"x":[${'1,'.repeat(100_000)}1]}`],
  ]
  for (const [name, body] of malformed)
    it(`refuses ${name} with the common text`, async () => {
      const started = Date.now()
      const answer = await ssa.post('v1', 'credentials/list', body, { token })
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, { error: 'invalid_request', error_description: MSG_A })
      assert.ok(Date.now() - started < 5000)
    })

  const entries = (count: number, each: number): string =>
    Array(count)
      .fill(`{"hashes":[${Array(each).fill('7').join(',')}]}`)
      .join(',')
  const broken: readonly [string, string, string][] = [
    ['a million wrong hashes', `{"documentDigests":[${entries(1000, 1000)}]}`, MSG_A],
    [
      'as many wrong members as it may have parts',
      `{"SAD":"x","documentDigests":[${entries(999, 18)}]}`,
      'Invalid Base64 hashes string parameter',
    ],
    [
      'a thousand members, none of them known',
      `{${Array.from({ length: 1000 }, (_, index) => `"m${index}":1`).join(',')}}`,
      'Missing (or invalid type) string parameter SAD',
    ],
  ]
  for (const [name, body, description] of broken)
    it(`refuses ${name} in a large body, fast`, async () => {
      const started = performance.now()
      const answer = await ssa.post('v2', 'signatures/signDoc', body, { token })
      assert.deepEqual(
        [answer.status, answer.body],
        [400, { error: 'invalid_request', error_description: description }],
      )
      assert.ok(performance.now() - started < 3000)
    })

  it('takes the same name in two objects, and names of Object.prototype', async () => {
    const body = '{"__proto__":{"polluted":1},"constructor":1,"x":[{"a":1},{"a":1}],"a":{"x":1}}'
    assert.equal((await ssa.post('v1', 'credentials/list', body, { token })).status, 200)
    assert.equal(Reflect.get({}, 'polluted'), undefined)
  })

  const hostile: readonly [string, 'credentials/authorize' | 'signatures/signHash' | 'info', object][] = [
    ['a credential', 'signatures/signHash', { SAD: 'x', credentialID: '.'.repeat(250_000) }],
    ['a SAD', 'signatures/signHash', { SAD: ' '.repeat(250_000) }],
    ['an OID', 'signatures/signHash', { signAlgo: '1.'.repeat(125_000) }],
    ['a description', 'credentials/authorize', { description: `\u0000\u2028${' '.repeat(249_000)}` }],
    ['a language', 'info', { lang: 'a-'.repeat(125_000) }],
    ['escapes', 'info', { clientData: '"'.repeat(120_000) }],
  ]
  for (const [name, method, body] of hostile)
    it(`takes no longer for ${name} that is made to cost time (W07)`, async () => {
      const started = performance.now()
      for (const version of ['v1', 'v2'] as const) {
        const answer = await ssa.post(version, method, body, { token })
        assert.equal(answer.status, method === 'info' ? 200 : 400)
      }
      assert.ok(performance.now() - started < 5_000)
    })

  it('takes no longer for a header that is made to cost time (W07)', async () => {
    const started = performance.now()
    for (const authorization of [`Bearer${' '.repeat(14_000)}=`, `Bearer x${'='.repeat(14_000)}!`]) {
      const answer = await ssa.post('v1', 'credentials/list', {}, { authorization })
      assert.deepEqual(
        [answer.status, answer.body],
        [400, { error: 'invalid_request', error_description: MSG_A }],
      )
    }
    assert.ok(performance.now() - started < 5_000)
  })
})
