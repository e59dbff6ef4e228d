import assert from 'node:assert/strict'
import { X509Certificate, randomBytes } from 'node:crypto'
import { connect } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { MAX_BODY_BYTES } from '../../../sap/limits.ts'
import { object, text } from '../../../sap/codec.ts'
import { createOperationServer, type Refusal } from '../../../sap/transport/server.ts'
import { certificateFingerprint } from '../../../sap/transport/peer.ts'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { makePeerAuthority, makeTlsIdentity, type TlsIdentity } from '../../support/peerCertificates.ts'
import { oneConnection, rawSap, type RawAnswer, type RawRequest } from '../../support/rawSap.ts'
import { authorized, eventsOf, journalOf, ledgerState, newHashes } from '../../support/samActs.ts'

const DAY = 86_400_000
const LIMIT = 512 * 1024

describe('SAP: who may connect (S23)', () => {
  let sam: TestSam
  before(async () => {
    sam = await buildSam()
  })
  after(() => sam.dispose())

  const status = (tls: Partial<TlsIdentity> & { readonly ca: string }): Promise<RawAnswer> =>
    rawSap(
      sam.socketPath,
      tls,
    )({ path: '/sap/v1/status', body: JSON.stringify({ requestId: newRequestId() }) })

  it('answers an enrolled peer', async () => {
    assert.equal((await status(sam.identities.ssa)).status, 200)
  })

  it('closes a connection without a certificate', async () => {
    await assert.rejects(status({ ca: sam.identities.ssa.ca }))
  })

  it('closes a connection with an expired certificate of our authority', async () => {
    const times = { notBefore: Date.now() - 2 * DAY, notAfter: Date.now() - DAY }
    await assert.rejects(status(await makeTlsIdentity(sam.peerAuthority, 'ssa-1', times)))
  })

  it('closes a connection with a certificate that is not valid yet', async () => {
    const times = { notBefore: Date.now() + DAY, notAfter: Date.now() + 2 * DAY }
    await assert.rejects(status(await makeTlsIdentity(sam.peerAuthority, 'ssa-1', times)))
  })

  it("closes a connection with another authority's certificate of the same name", async () => {
    const stranger = await makeTlsIdentity(await makePeerAuthority(), 'ssa-1')
    await assert.rejects(status({ ...stranger, ca: sam.identities.ssa.ca }))
  })

  it('closes a connection of TLS 1.2', async () => {
    const { cert, key, ca } = sam.identities.ssa
    const failure = await new Promise<unknown>((resolve) => {
      const socket = connect(
        { path: sam.socketPath, cert, key, ca, servername: 'localhost', maxVersion: 'TLSv1.2' },
        () => {
          resolve(undefined)
        },
      )
      socket.on('error', resolve)
    })
    assert.ok(failure instanceof Error)
  })

  it('records rejected connections, however many come', async () => {
    // Those of the tests before.
    await sam.stop()
    await sam.start()
    const before = await journalOf(sam, 'CONNECTION_REJECTED')
    const counted = (events: readonly Readonly<Record<string, unknown>>[]): number =>
      events.reduce((sum, { count }) => sum + Number(count), 0)
    for (let i = 0; i < 20; i++) await status({ ca: sam.identities.ssa.ca }).catch(() => undefined)
    await sleep(200)
    await sam.stop()
    await sam.start()
    const events = await journalOf(sam, 'CONNECTION_REJECTED')
    assert.equal(counted(events) - counted(before), 20)
    assert.ok(events.length - before.length <= 2, 'a flood of connections must not become a flood of entries')
  })

  it('forbids everything to a certificate of our authority that is not enrolled', async () => {
    const { status: code, error } = await status(await makeTlsIdentity(sam.peerAuthority, 'ssa-1'))
    assert.deepEqual([code, error], [403, 'forbidden'])
    const newest = (await journalOf(sam, 'REFUSED')).at(-1)
    const { code: recorded, reason, peer, role } = newest ?? {}
    assert.deepEqual([recorded, reason], ['forbidden', 'the certificate is not enrolled'])
    assert.deepEqual([peer, role], ['', ''])
  })
})

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

describe('SAP: slow peers', () => {
  it('gives up a body that does not arrive, and says so in its record', async () => {
    const authority = await makePeerAuthority()
    const [own, peer] = [await makeTlsIdentity(authority, 'sam'), await makeTlsIdentity(authority, 'ssa')]
    const refusals: Refusal[] = []
    const known = certificateFingerprint(new X509Certificate(peer.cert))
    const server = createOperationServer({
      operations: { echo: { roles: ['ssa'], request: object({ a: text(1, 9) }), answer: object({}) } },
      handlers: { echo: () => Promise.resolve({}) },
      tls: own,
      peerOf: (fingerprint) => (fingerprint === known ? { name: 'ssa', role: 'ssa' } : undefined),
      onRefusal: async (refusal) => {
        refusals.push(refusal)
      },
      onRejectedConnection: () => undefined,
    })
    assert.ok(server.requestTimeout <= 30_000 && server.headersTimeout <= 30_000)
    // The real limits, sixty times as fast.
    Object.assign(server, { requestTimeout: 500, headersTimeout: 500, connectionsCheckingInterval: 50 })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    const socket = connect({ ...peer, port: address.port, host: '127.0.0.1', servername: 'localhost' })
    const received: Buffer[] = []
    socket.on('data', (chunk: Buffer) => received.push(chunk))
    const closed = new Promise<void>((resolve) => {
      socket.on('close', () => {
        resolve()
      })
    })
    const began = performance.now()
    socket.write(
      'POST /sap/v1/echo HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    )
    await closed
    assert.ok(performance.now() - began < 3_000)
    assert.match(Buffer.concat(received).toString(), /^(HTTP\/1\.1 4\d\d |$)/)
    await sleep(50)
    assert.deepEqual(
      refusals.map(({ code }) => code),
      ['malformed'],
    )
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
})
