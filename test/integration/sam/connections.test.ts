import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { connect } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { object, text } from '../../../sap/codec.ts'
import { certificateFingerprint } from '../../../sap/transport/peer.ts'
import { createOperationServer, type Refusal } from '../../../sap/transport/server.ts'
import { buildSam, newRequestId, type TestSam } from '../../support/buildSam.ts'
import { makePeerAuthority, makeTlsIdentity, type TlsIdentity } from '../../support/peerCertificates.ts'
import { rawSap, type RawAnswer } from '../../support/rawSap.ts'
import { journalOf } from '../../support/samActs.ts'

const DAY = 86_400_000

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
