import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildAsyncSite, type Site } from '../../support/asyncSite.ts'
import { postText, rawSocket, restOf, type RawTarget } from '../../support/rawSocket.ts'

const TOO_MANY = 'The request has too many or too large headers.'

describe('connections', () => {
  let site: Site
  before(async () => {
    site = await buildAsyncSite({ limits: { connections: 3 } })
  })
  after(() => site.dispose())

  for (const listener of ['url', 'mutualUrl', 'managementUrl'] as const)
    it(`are closed beyond the limit of the listener (${listener})`, async () => {
      const port = Number(new URL(site.ssa[listener]).port)
      const first = await Promise.all(Array.from({ length: 3 }, () => rawSocket({ port })))
      const beyond = await rawSocket({ port })
      const closed = await Promise.race([restOf(beyond).then(() => true), sleep(3000, false)])
      assert.equal(closed, true)
      assert.deepEqual(
        first.map((socket) => socket.destroyed),
        [false, false, false],
      )
      for (const socket of first) socket.destroy()
      await sleep(100)
      const later = await rawSocket({ port })
      assert.equal(await Promise.race([restOf(later).then(() => true), sleep(300, false)]), false)
      later.destroy()
    })
})

describe('what never becomes a request', function () {
  this.timeout(60_000)
  let site: Site
  before(async () => {
    site = await buildAsyncSite()
  })
  after(() => site.dispose())

  const publicTarget = (): RawTarget => ({ port: Number(new URL(site.ssa.url).port), ca: site.ssa.ca })
  const managementPort = (): number => Number(new URL(site.ssa.managementUrl).port)
  const targets: readonly [string, () => RawTarget][] = [
    ['public', publicTarget],
    ['management', () => ({ port: managementPort() })],
  ]

  async function told(target: RawTarget, text: string): Promise<string> {
    const socket = await rawSocket(target)
    socket.write(text)
    return restOf(socket)
  }

  function assertTold(text: string, status: string, description: string): void {
    const [head = '', body = ''] = text.split('\r\n\r\n')
    const [line, ...headers] = head.split('\r\n')
    assert.equal(line, `HTTP/1.1 ${status}`)
    const named = headers.map((header) => header.split(':')[0])
    for (const name of ['Content-Type', 'Content-Length', 'X-Request-Id']) assert.ok(named.includes(name))
    assert.ok(headers.includes('Connection: close'))
    assert.deepEqual(JSON.parse(body), { error: 'invalid_request', error_description: description })
  }

  for (const [name, target] of targets) {
    it(`is told so when its headers are larger than 16 KiB (${name})`, async () => {
      const text = await told(target(), postText('/csc/v2/info', {}, { 'X-Large': 'x'.repeat(16 * 1024) }))
      assertTold(text, '431 Request Header Fields Too Large', TOO_MANY)
    })

    it(`is told so when it is no HTTP (${name})`, async () => {
      assertTold(await told(target(), 'NONSENSE\r\n\r\n'), '400 Bad Request', 'The request is not HTTP/1.1.')
    })

    it(`is told so when it expects what nobody knows (${name})`, async () => {
      const text = await told(target(), postText('/csc/v2/info', {}, { Expect: 'tea' }))
      const words = 'The service does nothing that the request expects of it.'
      assertTold(text, '417 Expectation Failed', words)
    })

    it(`takes 100 headers and no more (${name})`, async () => {
      const post = (own: number): string =>
        postText(
          '/csc/v2/info',
          {},
          {
            ...Object.fromEntries(Array.from({ length: own - 4 }, (_, index) => [`X-Own-${index}`, '1'])),
            Connection: 'close',
          },
        )
      assert.doesNotMatch(await told(target(), post(100)), /^HTTP\/1.1 431/)
      assertTold(await told(target(), post(101)), '431 Request Header Fields Too Large', TOO_MANY)
      assertTold(await told(target(), post(1500)), '431 Request Header Fields Too Large', TOO_MANY)
    })
  }

  it('is told so when its headers take more than ten seconds or its body more than thirty, and is disconnected', async () => {
    const took: readonly number[] = await Promise.all([
      ...targets.map(([, target]) => drip(target(), 'POST /csc/v2/info HTTP/1.1\r\nHost: localhost\r\n')),
      drip(publicTarget(), postText('/csc/v2/info', { lang: 'en' }).slice(0, -12)),
    ])
    const [first = 0, second = 0, body = 0] = took
    for (const seconds of [first, second]) assert.ok(seconds > 9 && seconds < 16, `${seconds} s`)
    assert.ok(body > 29 && body < 36, `${body} s`)
  })

  /** Sends on, some bytes at a time, so that it is never silent. Returns the seconds after which it was refused. */
  async function drip(target: RawTarget, start: string): Promise<number> {
    const began = Date.now()
    const socket = await rawSocket(target)
    socket.write(start)
    const isBody = start.includes('\r\n\r\n')
    const dripping = setInterval(() => socket.write(isBody ? ' ' : 'X-Slow: 1\r\n'), isBody ? 5000 : 1000)
    const text = await restOf(socket)
    clearInterval(dripping)
    assertTold(text, '408 Request Timeout', 'The request did not come in time.')
    return (Date.now() - began) / 1000
  }

  it('is disconnected though it stays', async () => {
    const socket = connect({ ...{ port: managementPort(), host: '127.0.0.1' }, allowHalfOpen: true })
    socket.write('NONSENSE\r\n\r\n')
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    await new Promise((resolve) => socket.once('end', resolve))
    assert.match(text, /^HTTP\/1\.1 400 /)
    await sleep(2500)
    const broken = new Promise<string | undefined>((resolve) => {
      socket.once('error', ({ code }: NodeJS.ErrnoException) => {
        resolve(code)
      })
    })
    // The first is answered with a reset, the second finds it.
    socket.write('x')
    await sleep(50)
    socket.write('x')
    assert.match(String(await Promise.race([broken, sleep(2000, 'open')])), /EPIPE|ECONNRESET/)
    socket.destroy()
  })
})
