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

/** A small outcome and a large one. */
async function outcomes(site: Site): Promise<readonly [small: string, large: string]> {
  held(site.sam).release()
  const ids = [await site.begun(), await site.begun()] as const
  for (const id of ids) assert.equal((await site.outcome(id)).status, 200)
  const database = await openDatabase(join(site.ssa.folder, 'ssa.db'))
  await database('async_requests').where({ response_id: ids[1] }).update({ outcome: LARGE })
  await database.destroy()
  return ids
}

/** Asks this many times for an outcome, and reads nothing of it. */
async function greedy(site: Site, requestID: string, times = 1): Promise<Socket> {
  const socket = await rawSocket({ port: Number(new URL(site.ssa.url).port), ca: site.ssa.ca })
  const headers = { Authorization: `Bearer ${site.token}`, ...(times === 1 ? { Connection: 'close' } : {}) }
  socket.write(postText('/csc/v2/signatures/signPolling', { requestID }, headers).repeat(times))
  return socket
}

/** The sockets of this many who ask for an outcome, when each has been answered. */
async function greedyOnes(site: Site, requestID: string, count: number): Promise<readonly Socket[]> {
  const answered = (): number => site.ssa.log.filter((line) => line.includes('"msg":"answered"')).length
  const before = answered()
  const sockets = await Promise.all(Array.from({ length: count }, () => greedy(site, requestID)))
  while (answered() < before + count) await sleep(20)
  return sockets
}

describe('answers that are not taken', function () {
  this.timeout(60_000)
  let site: Site
  let small: string
  let large: string

  before(async () => {
    site = await buildAsyncSite({ limits: { answerSeconds: 8, connections: 40 } })
    ;[small, large] = await outcomes(site)
  })
  after(() => site.dispose())

  it('keep their places among the calls with documents, four of one user, until their connections are ended', async () => {
    const sockets = await greedyOnes(site, large, 4)
    const refused = await site.poll(large)
    assert.equal(refused.status, 503)
    assert.deepEqual(refused.body, BUSY)
    assert.equal(refused.headers['retry-after'], '5')
    assert.equal((await site.poll(small)).status, 200, 'a small outcome needs no place')
    await sleep(10_000)
    const texts = await Promise.all(sockets.map(restOf))
    for (const text of texts) assert.ok(text.length < LARGE.length, 'ended before its end')
    assert.equal((await site.poll(large)).status, 200, 'the places are free')
  })

  it('keep no more memory than the places, however many ask', async () => {
    const sockets = await greedyOnes(site, large, 20)
    const texts = await Promise.all(sockets.map(restOf))
    assert.equal(texts.filter((text) => text.startsWith('HTTP/1.1 503 ')).length, 16)
    assert.equal((await site.poll(large)).status, 200)
  })

  it('free their places when the client goes away', async () => {
    const sockets = await greedyOnes(site, large, 4)
    for (const socket of sockets) socket.destroy()
    await sleep(200)
    assert.equal((await site.poll(large)).status, 200)
  })

  it('free their places when the client goes away with others of its requests behind them', async () => {
    const socket = await greedy(site, large, 4)
    await sleep(500)
    socket.destroy()
    await sleep(200)
    const sockets = await greedyOnes(site, large, 3)
    assert.equal((await site.poll(large)).status, 200, 'the fourth place')
    for (const one of sockets) one.destroy()
  })
})

describe('answers that are not taken, when all together are too much', function () {
  this.timeout(60_000)
  let site: Site
  let large: string
  before(async () => {
    site = await buildAsyncSite({ limits: { answerBytes: 2.5 * LARGE.length } })
    large = (await outcomes(site))[1]
  })
  after(() => site.dispose())

  it('are ended from the oldest on, and the newest go on', async () => {
    const sockets: Socket[] = []
    for (let n = 0; n < 4; n++) sockets.push(...(await greedyOnes(site, large, 1)))
    await sleep(1000)
    const texts = await Promise.all(sockets.map(restOf))
    assert.deepEqual(
      texts.map((text) => text.length > LARGE.length),
      [false, false, true, true],
    )
  })
})
