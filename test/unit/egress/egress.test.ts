import assert from 'node:assert/strict'
import { EgressRefused, listedPair } from '../../../egress/destination.ts'
import { createEgress, type Egress, type EgressRequest } from '../../../egress/egress.ts'
import { httpsServer, type HttpsServer } from '../../support/httpsServer.ts'
import { nameServer } from '../../support/nameServer.ts'

const BODY = Buffer.from('{"hello":1}')

function posting(url: string, changes: Partial<EgressRequest> = {}): EgressRequest {
  return {
    url,
    headers: { 'Content-Type': 'application/json' },
    body: BODY,
    within: 2_000,
    maxAnswer: 1024,
    ...changes,
  }
}

function listed(...pairs: readonly string[]): ReadonlySet<string> {
  return new Set(pairs.map((pair) => listedPair(pair) ?? assert.fail(`no pair: ${pair}`)))
}

async function assertRefused(promise: Promise<unknown>, reason: string): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof EgressRefused, String(error))
    assert.equal(error.message, `refused: ${reason}`)
    return true
  })
}

describe('requests to servers that others name (W01)', () => {
  let server: HttpsServer
  let neighbour: HttpsServer
  let closed: Egress

  before(async () => {
    server = await httpsServer()
    neighbour = await httpsServer()
    closed = createEgress({ listed: new Set(), authorities: server.ca })
  })
  after(async () => {
    await server.close()
    await neighbour.close()
  })
  beforeEach(() => {
    server.received.length = 0
  })

  const open = (...pairs: readonly string[]): Egress =>
    createEgress({ listed: listed(...pairs), authorities: server.ca })

  it('delivers to a listed loopback server, over TLS that it verified', async () => {
    const url = `https://127.0.0.1:${server.port}/callback?n=1`
    const answer = await open(`127.0.0.1:${server.port}`).post(posting(url))
    assert.deepEqual(answer, { status: 204, contentType: '', body: Buffer.alloc(0) })
    assert.equal(server.received[0]?.path, '/callback?n=1')
    assert.equal(server.received[0].method, 'POST')
    assert.deepEqual(server.received[0].body, BODY)
  })

  it('delivers to a listed name', async () => {
    const egress = open(`LOCALHOST:${server.port}`)
    assert.equal((await egress.post(posting(`https://localhost:${server.port}/`))).status, 204)
    assert.equal(server.received[0]?.headers.host, `localhost:${server.port}`)
  })

  it('refuses the neighbour port of a listed one', async () => {
    const egress = open(`127.0.0.1:${server.port}`)
    await assertRefused(
      egress.post(posting(`https://127.0.0.1:${neighbour.port}/`)),
      'the address is not public',
    )
    assert.equal(neighbour.connections(), 0)
  })

  it('refuses a name that leads to a listed address, under another name', async () => {
    const egress = open(`127.0.0.1:${server.port}`)
    const before = server.connections()
    // A name of this machine alone is asked of name servers like every other.
    await assertRefused(egress.post(posting(`https://localhost:${server.port}/`)), 'the name has no address')
    assert.equal(server.connections(), before)
  })

  const spellings = [
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://017700000001/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1/',
    'https://[fd00::1]/',
  ]
  for (const url of spellings)
    it(`refuses ${url} before it connects, and when it is only asked about`, async () => {
      await assertRefused(closed.post(posting(url)), 'the address is not public')
      assert.throws(() => {
        closed.check(url)
      }, EgressRefused)
    })

  const malformed: readonly [string, string][] = [
    ['http://example.com/', 'the scheme is not https'],
    ['file:///etc/passwd', 'the scheme is not https'],
    ['gopher://example.com/', 'the scheme is not https'],
    ['https://user:secret@example.com/', 'the URL names a user'],
    ['example.com', 'no URL'],
    [`https://example.com/${'x'.repeat(2100)}`, 'no URL'],
  ]
  for (const [url, reason] of malformed)
    it(`refuses ${url.slice(0, 40)}: ${reason}`, async () => {
      await assertRefused(closed.post(posting(url)), reason)
    })

  it('follows no redirect', async () => {
    const redirecting = await httpsServer((_, response) => {
      response.writeHead(307, { Location: `https://localhost:${neighbour.port}/` }).end()
    })
    const egress = createEgress({
      listed: listed(`localhost:${redirecting.port}`, `localhost:${neighbour.port}`),
      authorities: redirecting.ca,
    })
    const answer = await egress.post(posting(`https://localhost:${redirecting.port}/`))
    assert.equal(answer.status, 307)
    assert.equal(neighbour.connections(), 0)
    await redirecting.close()
  })

  it('asks the resolver once, and takes a name of which one address is not public for a trap', async () => {
    const asked: string[] = []
    const resolve = (name: string): Promise<readonly string[]> => {
      asked.push(name)
      // The first answer is fit to be seen, every later one leads home.
      return Promise.resolve(asked.length === 1 ? ['1.1.1.1', '127.0.0.1'] : ['127.0.0.1'])
    }
    const egress = createEgress({ listed: new Set(), authorities: server.ca, resolve })
    const before = server.connections()
    const url = `https://rebinding.example:${server.port}/`
    await assertRefused(egress.post(posting(url)), 'the name leads to an address that is not public')
    await assertRefused(egress.post(posting(url)), 'the name leads to an address that is not public')
    assert.equal(asked.length, 2)
    assert.equal(server.connections(), before)
  })

  it('asks name servers for what others name, and refuses a rebinding name whatever it says next', async () => {
    const dns = await nameServer({
      'rebinding.example': [['1.1.1.1', '127.0.0.1'], ['127.0.0.1']],
      'home.example': [['10.0.0.1']],
    })
    const egress = createEgress({
      listed: listed(`127.0.0.1:${server.port}`),
      authorities: server.ca,
      nameServers: [dns.address],
    })
    const before = server.connections()
    for (const name of ['rebinding.example', 'rebinding.example', 'home.example'])
      await assertRefused(
        egress.post(posting(`https://${name}:${server.port}/`)),
        'the name leads to an address that is not public',
      )
    await assertRefused(egress.post(posting('https://no.example/')), 'the name has no address')
    assert.equal(server.connections(), before)
    assert.deepEqual(dns.asked.filter((name) => name === 'rebinding.example').length, 2)
    await dns.close()
  })

  it('does not wait for name servers that do not answer', async () => {
    const dns = await nameServer('silent')
    const egress = createEgress({ listed: new Set(), nameServers: [dns.address] })
    await assert.rejects(egress.post(posting('https://slow.example/', { within: 300 })), /no answer in time/)
    await dns.close()
  })

  it('connects to the address that it judged, whatever the name leads to by then', async () => {
    const answers = [['127.0.0.1'], ['127.0.0.2']]
    let asked = 0
    const resolve = (): Promise<readonly string[]> => Promise.resolve(answers[asked++] ?? [])
    const egress = createEgress({
      listed: listed(`localhost:${server.port}`),
      authorities: server.ca,
      resolve,
    })
    // 127.0.0.2 would be another server: this one listens on 127.0.0.1 only.
    assert.equal((await egress.post(posting(`https://localhost:${server.port}/`))).status, 204)
    assert.equal(asked, 1)
    await assert.rejects(egress.post(posting(`https://localhost:${server.port}/`)), /ECONNREFUSED/)
  })

  it('refuses a name without an address', async () => {
    const egress = createEgress({ listed: new Set(), resolve: () => Promise.resolve([]) })
    await assertRefused(egress.post(posting('https://nothing.example/')), 'the name has no address')
  })

  it('trusts no certificate of an unknown authority, and none for another name', async () => {
    const strict = createEgress({ listed: listed(`localhost:${server.port}`) })
    await assert.rejects(strict.post(posting(`https://localhost:${server.port}/`)), /self-signed|unable to/)
    const renamed = createEgress({
      listed: listed(`other.example:${server.port}`),
      authorities: server.ca,
      resolve: () => Promise.resolve(['127.0.0.1']),
    })
    await assert.rejects(renamed.post(posting(`https://other.example:${server.port}/`)), /altnames/)
    assert.equal(server.received.length, 0)
  })

  it('bounds the time for name and answer, and the size of the answer', async () => {
    const slow = await httpsServer((_, response) => {
      response.writeHead(200)
      response.write('.')
    })
    const big = await httpsServer((_, response) => response.end(Buffer.alloc(4096)))
    const egress = createEgress({
      listed: listed(`localhost:${slow.port}`),
      authorities: slow.ca,
    })
    const started = Date.now()
    await assert.rejects(egress.post(posting(`https://localhost:${slow.port}/`, { within: 200 })))
    const silent = createEgress({ listed: new Set(), resolve: () => new Promise(() => undefined) })
    await assert.rejects(
      silent.post(posting('https://silent.example/', { within: 200 })),
      /no answer in time/,
    )
    assert.ok(Date.now() - started < 2_000)
    const roomy = createEgress({ listed: listed(`localhost:${big.port}`), authorities: big.ca })
    await assert.rejects(roomy.post(posting(`https://localhost:${big.port}/`)), /too long/)
    await slow.close()
    await big.close()
  })
})

describe('pairs of host and port', () => {
  const good: readonly [string, string][] = [
    ['127.0.0.1:9443', '127.0.0.1:9443'],
    ['Hooks.Example:443', 'hooks.example:443'],
    ['[::1]:80', '[::1]:80'],
  ]
  for (const [text, pair] of good)
    it(`reads ${text}`, () => {
      assert.equal(listedPair(text), pair)
    })
  for (const text of [
    'localhost',
    'localhost:',
    ':80',
    'localhost:0',
    'localhost:65536',
    'https://x:1',
    'a b:1',
    '*:1',
  ])
    it(`does not read ${text}`, () => {
      assert.equal(listedPair(text), undefined)
    })
})
