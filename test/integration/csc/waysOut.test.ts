import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildAsyncSite, SIGNATURE, type Site } from '../../support/asyncSite.ts'
import { memberOf } from '../../support/bodyOf.ts'
import { httpsServer, type HttpsServer } from '../../support/httpsServer.ts'
import { nameServer, type NameServer } from '../../support/nameServer.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'

const AWAY = {
  error: 'temporarily_unavailable',
  error_description:
    'The authorization server is currently unable to handle the request due to a temporary overloading or maintenance of the server.',
}
const NOT_PUBLIC = 'refused: the name leads to an address that is not public'

/** Why the one who was asked to reach a URL did not, each time that it tried; at least twice. */
type Attempts = (url: string) => Promise<readonly unknown[]>

describe('the ways out of the SSA: only what is listed for each (W01)', function () {
  this.timeout(60_000)
  let listed: HttpsServer
  let neighbour: HttpsServer
  let dns: NameServer
  let site: Site

  before(async () => {
    neighbour = await httpsServer()
    listed = await httpsServer((_, response) => {
      response.writeHead(302, { Location: `https://localhost:${neighbour.port}/` }).end()
    })
  })
  beforeEach(async () => {
    dns = await nameServer({
      'rebinding.example': [['1.1.1.1', '127.0.0.1'], ['127.0.0.1']],
      'localhost.example': [['127.0.0.1']],
    })
  })
  afterEach(async () => {
    await site.dispose()
    await dns.close()
  })
  after(async () => {
    await listed.close()
    await neighbour.close()
  })

  const build = async (timestampUrl: string): Promise<void> => {
    const file = join(scratchFolder('ways-out'), 'ca.pem')
    await writeFile(file, listed.ca)
    const pairs = [`localhost:${listed.port}`, `127.0.0.1:${listed.port}`]
    const config = {
      egress: { authorities: file },
      callbacks: { listed: pairs },
      asynchronous: { callbackRetrySeconds: [0.05] },
      timestamp: { url: timestampUrl, authority: file, listed: pairs },
    }
    site = await buildAsyncSite(config, { nameServers: [dns.address] })
    site.sam.handlers = { sign: () => Promise.resolve({ signatures: [SIGNATURE] }) }
  }

  const callbacks: Attempts = async (url) => {
    await build('https://unused.example/')
    const { status, requestId } = await site.sign({ response_uri: url })
    assert.equal(status, 200)
    const failures = async (): Promise<readonly unknown[]> =>
      (await site.ssa.journal(requestId)).filter((event) => memberOf(event, 'type') === 'callback-failed')
    for (let n = 0; n < 100 && (await failures()).length < 2; n++) {
      await sleep(20)
      site.clock.pass(20)
    }
    return (await failures()).map((event) => memberOf(event, 'reason'))
  }

  const timestamps: Attempts = async (url) => {
    await build(url)
    const hash = createHash('sha256').update('x').digest('base64')
    const body = { hash, hashAlgo: '2.16.840.1.101.3.4.2.1' }
    const attempt = async (): Promise<unknown> => {
      const answer = await site.ssa.post('v1', 'signatures/timestamp', body, { token: site.token })
      assert.deepEqual([answer.status, answer.body], [503, AWAY])
      return memberOf((await site.ssa.journal(answer.requestId)).at(-1), 'detail')
    }
    return [await attempt(), await attempt()].map((detail) => String(detail).replace(/^TSA: /, ''))
  }

  for (const [user, attempts] of [
    ['callbacks', callbacks],
    ['time-stamps', timestamps],
  ] as const) {
    it(`reaches nothing under a name that changes its mind: ${user}`, async () => {
      const before = listed.connections()
      const reasons = await attempts(`https://rebinding.example:${listed.port}/`)
      assert.deepEqual(reasons, [NOT_PUBLIC, NOT_PUBLIC])
      assert.deepEqual(dns.asked, ['rebinding.example', 'rebinding.example'], 'asked once for each attempt')
      assert.equal(listed.connections(), before)
    })

    it(`reaches a listed server under no other name: ${user}`, async () => {
      const before = listed.connections()
      const reasons = await attempts(`https://localhost.example:${listed.port}/`)
      assert.deepEqual(reasons, [NOT_PUBLIC, NOT_PUBLIC])
      assert.equal(listed.connections(), before)
    })

    it(`reaches no neighbour port of a listed one: ${user}`, async () => {
      const reasons = await attempts(`https://localhost:${neighbour.port}/`)
      const refused = 'refused: the name has no address'
      assert.deepEqual(reasons, [refused, refused])
      assert.equal(neighbour.connections(), 0)
    })

    it(`follows no redirect: ${user}`, async () => {
      const before = listed.connections()
      assert.deepEqual(await attempts(`https://localhost:${listed.port}/`), ['status 302', 'status 302'])
      assert.equal(listed.connections(), before + 2)
      assert.equal(neighbour.connections(), 0)
    })
  }
})
