import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildSsa, type TestSsa } from '../../support/buildSsa.ts'
import { postText, rawSocket, restOf } from '../../support/rawSocket.ts'
import { scriptedSam, type ScriptedSam } from '../../support/scriptedSam.ts'

const FILE = 'GET /api/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n'
const info = (headers: Readonly<Record<string, string>> = {}): string => postText('/csc/v2/info', {}, headers)

describe('requests that one connection sends without waiting for the answers', () => {
  let sam: ScriptedSam
  let ssa: TestSsa
  before(async () => {
    sam = await scriptedSam()
    ssa = await buildSsa({ sam })
  })
  after(async () => {
    await ssa.dispose()
    await sam.dispose()
  })

  const connected = (): Promise<Socket> => rawSocket({ port: Number(new URL(ssa.url).port), ca: ssa.ca })
  const statusesIn = (text: string): readonly number[] =>
    [...text.matchAll(/HTTP\/1\.1 ([0-9]{3}) /g)].map(([, status]) => Number(status))
  const openFiles = (): number => readdirSync('/proc/self/fd').length

  it('are answered one after another', async () => {
    const socket = await connected()
    const missing = 'GET /missing HTTP/1.1\r\nHost: localhost\r\n\r\n'
    socket.write(info() + missing + info() + missing + info({ Connection: 'close' }))
    assert.deepEqual(statusesIn(await restOf(socket)), [200, 404, 200, 404, 200])
  })

  it('are not served after one that ends the connection', async () => {
    const socket = await connected()
    const before = ssa.log.length
    socket.write(info({ 'Content-Type': 'text/plain' }) + info() + info())
    assert.deepEqual(statusesIn(await restOf(socket)), [415])
    assert.equal(ssa.log.slice(before).filter((line) => line.includes('"msg":"answered"')).length, 1)
  })

  it('end their connection when more than eight wait', async () => {
    const socket = await connected()
    socket.write(FILE.repeat(10))
    await sleep(500)
    assert.ok((await restOf(socket)).length < 1_000_000)
    const other = await connected()
    other.write(FILE.repeat(8) + FILE.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    assert.deepEqual(statusesIn(await restOf(other)), Array<number>(9).fill(200))
  })

  it('leave no file open when the connection ends before the answers were taken', async () => {
    const before = openFiles()
    const sockets = await Promise.all(Array.from({ length: 5 }, connected))
    for (const socket of sockets) socket.write(FILE.repeat(9))
    await sleep(500)
    for (const socket of sockets) socket.destroy()
    await sleep(500)
    assert.equal(openFiles(), before)
  })
})
