import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CompactSign, compactVerify, createLocalJWKSet, generateKeyPair } from 'jose'
import { buildAsyncSite, SIGNATURE, type Site } from '../../support/asyncSite.ts'
import { memberOf, textIn } from '../../support/bodyOf.ts'
import { httpsServer, type HttpsServer, type Received } from '../../support/httpsServer.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'

describe('callbacks to the response_uri — CSC API v2.0.0.2 §11.10', () => {
  let receiver: HttpsServer
  let site: Site
  let respond: (request: Received, response: ServerResponse) => void
  const ok = (_: Received, response: ServerResponse): void => {
    response.writeHead(204).end()
  }

  before(async () => {
    receiver = await httpsServer((request, response) => {
      respond(request, response)
    })
    site = await buildAsyncSite(await reaching(receiver))
  })
  beforeEach(() => {
    respond = ok
    receiver.received.length = 0
    site.sam.handlers = { sign: () => Promise.resolve({ signatures: [SIGNATURE] }) }
  })
  after(async () => {
    await site.dispose()
    await receiver.close()
  })

  const uri = (path = '/done', host = 'localhost'): string => `https://${host}:${receiver.port}${path}`

  const arrivals = async (count: number): Promise<readonly Received[]> => {
    for (let n = 0; n < 150 && receiver.received.length < count; n += 1) {
      await sleep(20)
      site.clock.pass(20)
    }
    assert.equal(receiver.received.length, count)
    return receiver.received
  }

  const published = async (): Promise<unknown> => {
    const response = await site.ssa.get('/callback-keys.json')
    assert.equal(response.status, 200)
    return response.body
  }

  it('come once, signed with a published key, and say where the outcome is, not what it is', async () => {
    const id = await site.begun({ response_uri: uri('/done?of=7') })
    const [received] = await arrivals(1)
    assert.equal(received?.path, '/done?of=7')
    const body: unknown = JSON.parse(received.body.toString())
    assert.equal(memberOf(body, 'responseID'), id)
    assert.equal(memberOf(body, 'status'), 'completed')
    assert.equal(memberOf(body, 'issuer'), 'https://localhost:8443')
    assert.equal(memberOf(body, 'attempt'), 1)
    const [header, , signature] = String(received.headers['x-jws-signature']).split('.')
    const jws = `${header ?? ''}.${received.body.toString('base64url')}.${signature ?? ''}`
    const keys = createLocalJWKSet((await published()) as Parameters<typeof createLocalJWKSet>[0]) // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- jose checks it
    const verified = await compactVerify(jws, keys, { algorithms: ['ES256'] })
    assert.equal(verified.protectedHeader.typ, 'csc-callback')
    const forged = jws.replace(/\.[^.]+\./, `.${Buffer.from('{}').toString('base64url')}.`)
    await assert.rejects(compactVerify(forged, keys))
    await sleep(100)
    assert.equal(receiver.received.length, 1)
  })

  it('keep their key across a restart', async () => {
    const before = await published()
    await site.ssa.restart()
    assert.deepEqual(await published(), before)
  })

  it('tell of a failure, too', async () => {
    site.sam.handlers = {}
    await site.begun({ response_uri: uri() })
    const [received] = await arrivals(1)
    assert.equal(memberOf(JSON.parse(received?.body.toString() ?? ''), 'status'), 'failed')
  })

  it('come again until they are taken, and each attempt is journalled', async () => {
    const statuses = [500, 302, 200]
    respond = (_, response) => {
      response.writeHead(statuses[receiver.received.length - 1] ?? 500, { Location: uri('/other') }).end()
    }
    const answer = await site.sign({ response_uri: uri() })
    const attempts = (await arrivals(3)).map(({ body }) => memberOf(JSON.parse(body.toString()), 'attempt'))
    assert.deepEqual(attempts, [1, 2, 3])
    await sleep(100)
    assert.equal(receiver.received.filter(({ path }) => path === '/other').length, 0)
    const events = (await site.ssa.journal(answer.requestId)).filter((event) =>
      String(memberOf(event, 'type')).startsWith('callback'),
    )
    assert.deepEqual(
      events.map((event) => [memberOf(event, 'type'), memberOf(event, 'reason')]),
      [
        ['callback-failed', 'status 500'],
        ['callback-failed', 'status 302'],
        ['callback-delivered', undefined],
      ],
    )
  })

  it('are not sent again while an attempt is under way, whatever else is done meanwhile', async () => {
    const held: ServerResponse[] = []
    respond = (_, response) => held.push(response)
    await site.begun({ response_uri: uri() })
    await arrivals(1)
    for (let n = 0; n < 3; n += 1) await site.outcome(await site.begun())
    site.clock.pass(5_000)
    await site.outcome(await site.begun())
    await sleep(100)
    assert.equal(receiver.received.length, 1)
    for (const response of held) response.writeHead(204).end()
  })

  it('of one user are under way four at a time; the others come when those are done', async () => {
    const waiting: ServerResponse[] = []
    respond = (_, response) => {
      waiting.push(response)
    }
    for (let n = 0; n < 6; n += 1) await site.begun({ response_uri: uri(`/${n}`) })
    await arrivals(4)
    await sleep(100)
    assert.equal(receiver.received.length, 4)
    respond = ok
    for (const response of waiting) response.writeHead(204).end()
    await arrivals(6)
  })

  it('end after the last delay', async () => {
    respond = (_, response) => {
      response.writeHead(500).end()
    }
    const answer = await site.sign({ response_uri: uri() })
    await arrivals(4)
    site.clock.pass(600_000)
    await sleep(200)
    assert.equal(receiver.received.length, 4)
    const last = (await site.ssa.journal(answer.requestId)).at(-1)
    assert.equal(memberOf(last, 'isLast'), true)
  })

  it('go on after a restart', async () => {
    respond = (_, response) => {
      response.writeHead(500).end()
    }
    await site.begun({ response_uri: uri() })
    await arrivals(1)
    respond = ok
    await site.ssa.restart()
    await arrivals(2)
  })

  it('reach no neighbour port, and no other name of a listed server', async () => {
    const neighbour = await httpsServer()
    const refused = await site.sign({ response_uri: `https://127.0.0.1:${neighbour.port}/` })
    assert.equal(memberOf(refused.body, 'error_description'), 'Invalid parameter response_uri')
    const answer = await site.sign({ response_uri: `https://localhost:${neighbour.port}/` })
    assert.equal(answer.status, 200)
    await site.outcome(textIn(answer.body, 'responseID'))
    await sleep(150)
    assert.equal(neighbour.connections(), 0)
    const event = (await site.ssa.journal(answer.requestId)).find(
      (candidate) => memberOf(candidate, 'type') === 'callback-failed',
    )
    assert.equal(memberOf(event, 'reason'), 'refused: the name has no address')
    await neighbour.close()
  })

  it('do not reach what is listed for time-stamps', async () => {
    const authority = await httpsServer()
    const file = join(scratchFolder('callbacks'), 'tsa.pem')
    await writeFile(file, authority.ca)
    const listed = ['localhost', '127.0.0.1'].map((host) => `${host}:${authority.port}`)
    const other = await buildAsyncSite({
      ...(await reaching(receiver)),
      timestamp: { url: `https://localhost:${authority.port}/`, authority: file, listed },
    })
    const refused = await other.sign({ response_uri: `https://127.0.0.1:${authority.port}/` })
    assert.deepEqual(
      [refused.status, refused.body],
      [400, { error: 'invalid_request', error_description: 'Invalid parameter response_uri' }],
    )
    const answer = await other.sign({ response_uri: `https://localhost:${authority.port}/` })
    await other.outcome(textIn(answer.body, 'responseID'))
    await sleep(150)
    const event = (await other.ssa.journal(answer.requestId)).at(-1)
    assert.deepEqual(
      [memberOf(event, 'type'), memberOf(event, 'reason')],
      ['callback-failed', 'refused: the name has no address'],
    )
    assert.equal(authority.connections(), 0)
    await other.dispose()
    await authority.close()
  })

  it('are published as a key that nobody else signs with', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const keys = createLocalJWKSet((await published()) as Parameters<typeof createLocalJWKSet>[0]) // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- jose checks it
    const foreign = await new CompactSign(Buffer.from('{}'))
      .setProtectedHeader({ alg: 'ES256' })
      .sign(privateKey)
    await assert.rejects(compactVerify(foreign, keys))
  })
})

async function reaching(receiver: HttpsServer): Promise<object> {
  const file = join(scratchFolder('callbacks'), 'ca.pem')
  await writeFile(file, receiver.ca)
  return {
    egress: { authorities: file },
    callbacks: { listed: [`localhost:${receiver.port}`] },
    asynchronous: { callbackRetrySeconds: [0.05, 0.1, 0.1] },
  }
}
