import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { buildSsa, type TestSsa } from '../../support/buildSsa.ts'
import { rawSocket, restOf } from '../../support/rawSocket.ts'
import { scriptedSam, type ScriptedSam } from '../../support/scriptedSam.ts'

const MEBIBYTE = 1024 * 1024
const JSON_TYPE = { 'Content-Type': 'application/json' }
const NO_TOKEN = 'The token provided is not a valid OAuth access or refresh token.'

describe('bodies that are refused unread (W02, W04)', function () {
  this.timeout(60_000)
  let sam: ScriptedSam
  let ssa: TestSsa
  let token: string
  before(async () => {
    sam = await scriptedSam()
    ssa = await buildSsa({ sam })
    await ssa.addUser({ username: 'ada', password: 'correct horse', signerId: 'signer-1' })
    token = await ssa.login('ada', 'correct horse')
  })
  after(async () => {
    await ssa.dispose()
    await sam.dispose()
  })

  const begun = async (path: string, headers: Readonly<Record<string, string>>): Promise<Socket> => {
    const socket = await rawSocket({ port: Number(new URL(ssa.url).port), ca: ssa.ca })
    const lines = Object.entries({ Host: 'localhost', ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    )
    socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    return socket
  }
  const sent = async (socket: Socket, bytes: number): Promise<void> => {
    const chunk = Buffer.alloc(MEBIBYTE, 'x')
    for (let left = bytes; left > 0; left -= chunk.length)
      await new Promise((written) => socket.write(chunk, written))
  }
  const assertTold = (text: string, status: number, error: string, description: string): void => {
    const [head = '', body = ''] = text.split('\r\n\r\n')
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `))
    assert.match(head, /\r\nConnection: close/)
    assert.deepEqual(JSON.parse(body), { error, error_description: description })
  }

  const size = { 'Content-Length': String(32 * MEBIBYTE) }
  const rows: readonly [string, string, () => Readonly<Record<string, string>>, number, string, string][] = [
    [
      'without a token',
      '/csc/v2/signatures/signDoc',
      () => ({ ...size, ...JSON_TYPE }),
      ...([400, 'invalid_request', 'Malformed authorization header.'] as const),
    ],
    [
      'with a token that is none',
      '/csc/v2/signatures/signDoc',
      () => ({ ...size, ...JSON_TYPE, Authorization: `Bearer ${'x'.repeat(43)}` }),
      ...([401, 'invalid_token', NO_TOKEN] as const),
    ],
    [
      'of another media type',
      '/csc/v1/credentials/list',
      () => ({ ...size, 'Content-Type': 'text/plain', Authorization: `Bearer ${token}` }),
      ...([415, 'unsupported_media_type', 'The body must be application/json in UTF-8.'] as const),
    ],
    [
      'that is too large',
      '/csc/v1/credentials/list',
      () => ({ ...size, ...JSON_TYPE, Authorization: `Bearer ${token}` }),
      ...([413, 'payload_too_large', 'The body must not have more than 256 KiB.'] as const),
    ],
    [
      'that is too large, with documents',
      '/csc/v2/signatures/signDoc',
      () => ({ ...size, ...JSON_TYPE, Authorization: `Bearer ${token}` }),
      ...([413, 'payload_too_large', 'The body must not have more than 16384 KiB.'] as const),
    ],
  ]
  for (const [name, path, headers, status, error, description] of rows) {
    it(`tell a client so that sends all before it reads: ${name}`, async () => {
      const socket = await begun(path, headers())
      await sent(socket, 32 * MEBIBYTE)
      assertTold(await restOf(socket), status, error, description)
    })

    it(`are refused before they have come: ${name}`, async () => {
      const socket = await begun(path, headers())
      const first = new Promise<string>((came) => {
        socket.once('data', (chunk: Buffer) => {
          came(chunk.toString())
        })
      })
      assertTold(await first, status, error, description)
      socket.destroy()
    })
  }

  it('end their connection when the rest does not come', async () => {
    const [[, path, headers] = assert.fail()] = rows
    const socket = await begun(path, headers())
    const started = Date.now()
    await restOf(socket)
    const seconds = (Date.now() - started) / 1000
    assert.ok(seconds > 9 && seconds < 16, `${seconds} s`)
  })
})
