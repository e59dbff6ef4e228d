import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { MAX_BODY_BYTES } from '../../../sap/limits.ts'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { oneConnection, rawSap, type RawAnswer, type RawRequest } from '../../support/rawSap.ts'
import { authorized, eventsOf, journalOf, ledgerState, newHashes } from '../../support/samActs.ts'

const LIMIT = 512 * 1024

describe('SAP: what a message must look like', () => {
  let sam: TestSam
  let signer: TestSigner
  let hashes: readonly Buffer[]
  let sad: string
  before(async () => {
    sam = await buildSam()
    signer = await makeSigner(sam)
    hashes = newHashes(1)
    ;({ sad } = await authorized(sam, signer, hashes))
  })
  after(() => sam.dispose())

  const send = (raw: Omit<RawRequest, 'path'> & { readonly path?: string }): Promise<RawAnswer> =>
    rawSap(sam.socketPath, sam.identities.ssa)({ path: '/sap/v1/sign', ...raw })

  const members = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
    requestId: newRequestId(),
    signerId: signer.signerId,
    clientId: signer.clientId,
    familyId: signer.familyId,
    credentialId: signer.credentialId,
    sad,
    hashes: hashes.map((hash) => hash.toString('base64')),
    signAlgorithm: '1.2.840.10045.4.3.2',
    ...changes,
  })

  async function malformed(raw: Omit<RawRequest, 'path'> & { readonly path?: string }): Promise<void> {
    const before = await ledgerState(sam)
    const { status, error } = await send(raw)
    assert.deepEqual([status, error], [400, 'malformed'])
    assert.deepEqual(await ledgerState(sam), before)
    assert.equal((await journalOf(sam, 'REFUSED')).at(-1)?.['code'], 'malformed')
  }

  const base64 = (): string => hashes[0]?.toString('base64') ?? ''
  const url = Buffer.alloc(32, 0xfb).toString('base64url')
  const bad: readonly [string, () => string | Buffer][] = [
    ['an empty body', () => ''],
    ['no JSON', () => '{'],
    ['a list', () => JSON.stringify([members()])],
    ['null', () => 'null'],
    ['white space before', () => ` ${JSON.stringify(members())}`],
    ['white space inside', () => JSON.stringify(members(), undefined, 1)],
    ['a new line after', () => `${JSON.stringify(members())}\n`],
    ['a byte order mark', () => `\ufeff${JSON.stringify(members())}`],
    ['a member twice', () => JSON.stringify(members()).replace('{', '{"sad":"x",')],
    ['the same member twice, alike', () => JSON.stringify(members()).replace('{', `{"sad":"${sad}",`)],
    ['an escaped spelling of a name', () => JSON.stringify(members()).replace('"sad"', '"\\u0073ad"')],
    ['an unknown member', () => JSON.stringify(members({ grade: 'bound-otp' }))],
    ['a member named __proto__', () => JSON.stringify(members()).replace('{', '{"__proto__":{"a":1},')],
    ['a member named constructor', () => JSON.stringify(members({ constructor: {} }))],
    ['null for an optional member', () => JSON.stringify(members({ hashAlgorithm: null }))],
    ['null for a member', () => JSON.stringify(members({ sad: null }))],
    ['a missing member', () => JSON.stringify(members({ sad: undefined }))],
    ['base64 without padding', () => JSON.stringify(members({ hashes: [base64().replace(/=+$/, '')] }))],
    ['base64 with bits left over', () => JSON.stringify(members({ hashes: [`${base64().slice(0, -2)}B=`] }))],
    ['base64 of the url alphabet', () => JSON.stringify(members({ hashes: [`${url}=`] }))],
    ['base64 with a line break', () => JSON.stringify(members({ hashes: [`${base64()}\n`] }))],
    ['a number for base64', () => JSON.stringify(members({ hashes: [7] }))],
    ['a text for a list', () => JSON.stringify(members({ hashes: base64() }))],
    ['an object for a list', () => JSON.stringify(members({ hashes: { 0: base64(), length: 1 } }))],
    ['an empty list', () => JSON.stringify(members({ hashes: [] }))],
    ['a list in a list', () => JSON.stringify(members({ hashes: [[base64()]] }))],
    [
      'more hashes than the limit',
      () => JSON.stringify(members({ hashes: Array.from({ length: 1001 }, base64) })),
    ],
    [
      'a digest of 129 bytes',
      () => JSON.stringify(members({ hashes: [randomBytes(129).toString('base64')] })),
    ],
    ['an OID with letters', () => JSON.stringify(members({ signAlgorithm: '1.2.a' }))],
    ['an OID with blanks', () => JSON.stringify(members({ signAlgorithm: ' 1.2.840.10045.4.3.2' }))],
    ['an OID of 65 characters', () => JSON.stringify(members({ signAlgorithm: `1.${'1'.repeat(63)}` }))],
    [
      'parameters of 257 bytes',
      () => JSON.stringify(members({ signAlgorithmParameters: randomBytes(257).toString('base64') })),
    ],
    ['a SAD of 1025 characters', () => JSON.stringify(members({ sad: 'x'.repeat(1025) }))],
    ['a line break in a name', () => JSON.stringify(members({ credentialId: 'cred\r\nX: y' }))],
    ['a NUL in a name', () => JSON.stringify(members({ credentialId: 'cred\0' }))],
    ['a line separator in a name', () => JSON.stringify(members({ credentialId: 'cred\u2028' }))],
    ['half a character', () => JSON.stringify(members({ credentialId: 'cred' })).replace('cred', '\\ud800')],
    ['a request id with blanks', () => JSON.stringify(members({ requestId: 'a b c d e f' }))],
    [
      'bytes that are no UTF-8',
      () =>
        Buffer.concat([
          Buffer.from(JSON.stringify(members({ credentialId: 'cred-' })).replace('cred-"}', 'cred-')),
          Buffer.of(0xff),
        ]),
    ],
    [
      'bytes that are no UTF-8 inside a text',
      () => {
        const [head = '', tail = ''] = JSON.stringify(members({ credentialId: 'cred-@' })).split('@')
        return Buffer.concat([Buffer.from(head), Buffer.of(0xff), Buffer.from(tail)])
      },
    ],
  ]
  for (const [what, body] of bad)
    it(`refuses ${what}`, async () => {
      await malformed({ body: body() })
    })

  for (const [what, count] of [
    ['a text', '"1"'],
    ['a fraction', '1.5'],
    ['an exponent', '1e0'],
    ['an infinity', '1e309'],
    ['a minus zero', '-0'],
    ['null', 'null'],
    ['a list', '[1]'],
    ['a boolean', 'true'],
    ['a huge number', '9007199254740993'],
  ] as const)
    it(`refuses ${what} for the number of signatures (S11)`, async () => {
      const { sad: _sad, signAlgorithm: _algorithm, ...rest } = members({ numberOfSignatures: 0 })
      const body = JSON.stringify(rest).replace('"numberOfSignatures":0', `"numberOfSignatures":${count}`)
      await malformed({ path: '/sap/v1/authorize', body })
    })

  it('refuses a missing number of signatures (S11)', async () => {
    const { sad: _sad, signAlgorithm: _algorithm, ...rest } = members()
    await malformed({ path: '/sap/v1/authorize', body: JSON.stringify(rest) })
  })

  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
    it(`refuses the verb ${method}`, async () => {
      await malformed({ method, body: JSON.stringify(members()) })
    })

  for (const type of [
    'text/plain',
    'application/json; charset=utf-8',
    'application/json;charset=utf-7',
    'application/x-www-form-urlencoded',
    'APPLICATION/JSON',
    '',
  ])
    it(`refuses the content type "${type}"`, async () => {
      await malformed({ headers: { 'content-type': type }, body: JSON.stringify(members()) })
    })

  it('takes no verb from a header', async () => {
    await malformed({
      method: 'GET',
      headers: { 'x-http-method-override': 'POST' },
      body: JSON.stringify(members()),
    })
  })

  for (const path of [
    '/',
    '/sap/v2/sign',
    '/sap/v1',
    '/SAP/v1/sign',
    '//sap/v1/sign',
    '/sap/v1/../v1/sign',
    '/sap/v1/sign#x',
    '/sap/v1/%73ign',
    'http://localhost/sap/v1/sign',
  ])
    it(`knows no path ${path}`, async () => {
      const { status, error } = await send({ path, body: JSON.stringify(members()) })
      assert.deepEqual([status, error], [404, 'unknown_operation'])
    })

  it('answers a body over the limit with too_large, announced or not', async () => {
    const body = Buffer.alloc(LIMIT + 1, 0x20)
    const large = Buffer.alloc(8 * LIMIT, 0x20)
    for (const pieces of [body, large, [body.subarray(0, LIMIT), body.subarray(LIMIT)], [large, large]]) {
      const { status, error } = await send({ body: pieces })
      assert.deepEqual([status, error], [413, 'too_large'])
      assert.equal((await journalOf(sam, 'REFUSED')).at(-1)?.['code'], 'too_large')
    }
  })

  it('reads a body of exactly the limit', async () => {
    assert.equal(MAX_BODY_BYTES, LIMIT)
    await malformed({ body: Buffer.alloc(LIMIT, 0x20) })
  })

  it('answers again on the connection on which it has refused', async () => {
    const agent = oneConnection()
    const ports = new Set<unknown>()
    agent.on('free', (socket: unknown) => ports.add(socket))
    const good = JSON.stringify({ requestId: newRequestId() })
    const big = JSON.stringify(members({ description: 'x'.repeat(300_000) }))
    assert.equal((await send({ agent, body: '{' })).status, 400)
    assert.equal((await send({ agent, path: '/sap/v1/createSigner', body: big })).status, 403)
    assert.equal((await send({ agent, path: '/sap/v1/nothing', body: big })).status, 404)
    assert.equal((await send({ agent, body: Buffer.alloc(8 * LIMIT, 0x20) })).status, 413)
    assert.equal((await send({ agent, path: '/sap/v1/status', body: good })).status, 200)
    assert.equal(ports.size, 1)
    agent.destroy()
  })

  it('has spent nothing by all of this: the SAD is still good', async () => {
    const requestId = newRequestId()
    const { status } = await send({ body: JSON.stringify(members({ requestId })) })
    assert.equal(status, 200)
    assert.deepEqual(
      (await eventsOf(sam, requestId)).map(({ type }) => type),
      ['SIGNING', 'SIGNED'],
    )
  })
})
