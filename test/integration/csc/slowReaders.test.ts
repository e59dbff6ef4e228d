import assert from 'node:assert/strict'
import { type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '../../../src/adapters/db/open.ts'
import { buildAsyncSite, held, type Site } from '../../support/asyncSite.ts'
import { postText, rawSocket, restOf } from '../../support/rawSocket.ts'

const BUSY = {
  error: 'temporarily_unavailable',
  error_description:
    'The authorization server is currently unable to handle the request due to a temporary overloading or maintenance of the server.',
}

/** More than the kernel takes for a connection that nobody reads. */
const LARGE = JSON.stringify({ documents: ['A'.repeat(24 * 1024 * 1024)] })

describe('answers that are not taken', function () {
  this.timeout(60_000)
  let site: Site
  let small: string
  let large: string

  before(async () => {
    site = await buildAsyncSite({ limits: { answerSeconds: 3, connections: 40 } })
    held(site.sam).release()
    small = await site.begun()
    large = await site.begun()
    for (const id of [small, large]) assert.equal((await site.outcome(id)).status, 200)
    const database = await openDatabase(join(site.ssa.folder, 'ssa.db'))
    await database('async_requests').where({ response_id: large }).update({ outcome: LARGE })
    await database.destroy()
  })
  after(() => site.dispose())

  const answered = (): number => site.ssa.log.filter((line) => line.includes('"msg":"answered"')).length

  /** The sockets of this many who ask for the large outcome, when each has been answered. */
  async function greedyOnes(count: number): Promise<readonly Socket[]> {
    const before = answered()
    const sockets = await Promise.all(Array.from({ length: count }, greedy))
    while (answered() < before + count) await sleep(20)
    return sockets
  }

  /** Asks for the large outcome, and reads nothing of it. */
  async function greedy(): Promise<Socket> {
    const socket = await rawSocket({ port: Number(new URL(site.ssa.url).port), ca: site.ssa.ca })
    const headers = { Authorization: `Bearer ${site.token}`, Connection: 'close' }
    socket.write(postText('/csc/v2/signatures/signPolling', { requestID: large }, headers))
    return socket
  }

  it('keep their places among the calls with documents, four of one user, until their connections are ended', async () => {
    const sockets = await greedyOnes(4)
    const refused = await site.poll(large)
    assert.equal(refused.status, 503)
    assert.deepEqual(refused.body, BUSY)
    assert.equal(refused.headers['retry-after'], '5')
    assert.equal((await site.poll(small)).status, 200, 'a small outcome needs no place')
    await sleep(5000)
    const texts = await Promise.all(sockets.map(restOf))
    for (const text of texts) assert.ok(text.length < LARGE.length, 'ended before its end')
    assert.equal((await site.poll(large)).status, 200, 'the places are free')
  })

  it('keep no more memory than the places, however many ask', async () => {
    const sockets = await greedyOnes(20)
    const texts = await Promise.all(sockets.map(restOf))
    assert.equal(texts.filter((text) => text.startsWith('HTTP/1.1 503 ')).length, 16)
    assert.equal((await site.poll(large)).status, 200)
  })

  it('free their places when the client goes away', async () => {
    const sockets = await greedyOnes(4)
    for (const socket of sockets) socket.destroy()
    await sleep(200)
    assert.equal((await site.poll(large)).status, 200)
  })
})
