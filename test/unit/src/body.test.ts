import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createServer, listen, stop } from '../../../src/adapters/httpServer.ts'
import { readBody } from '../../../src/api/body.ts'
import { CscError } from '../../../src/domain/errors.ts'

const LIMIT = 1024

function post(...lines: readonly string[]): string {
  return ['POST / HTTP/1.1', 'Host: here', 'Content-Type: application/json', ...lines].join('\r\n')
}

const chunk = `258\r\n${'x'.repeat(0x258)}\r\n`

/** What a body becomes whose bytes are these, and whose client then goes. */
async function outcomeOf(text: string, waitMilliseconds: number): Promise<unknown> {
  let tell: (outcome: unknown) => void = () => undefined
  const outcome = new Promise((resolve) => {
    tell = resolve
  })
  const server = createServer((request) => {
    setTimeout(() => {
      readBody(request, { mayBeEmpty: false, maxBytes: LIMIT }).then(tell, (error: unknown) => {
        tell(error instanceof CscError ? error.code : error)
      })
    }, waitMilliseconds)
  }, undefined)
  const port = await listen(server, { host: '127.0.0.1', port: 0 })
  try {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(text)
    setTimeout(() => socket.destroy(), 50)
    return await outcome
  } finally {
    await stop(server, 100)
  }
}

describe('readBody', () => {
  const cases: readonly [string, string, unknown][] = [
    ['takes chunks', post('Transfer-Encoding: chunked', '', '3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n'), { a: 1 }],
    [
      'refuses chunks that are too much together',
      post('Transfer-Encoding: chunked', '', `${chunk}${chunk}0\r\n\r\n`),
      'payload_too_large',
    ],
    ['refuses what is too large', post('Content-Length: 1025', '', 'x'.repeat(1025)), 'payload_too_large'],
    ['refuses what does not come whole', post('Content-Length: 900', '', '{"a"'), 'invalid_request'],
    [
      'refuses what is encoded',
      post('Content-Encoding: gzip', 'Content-Length: 2', '', '{}'),
      'unsupported_media_type',
    ],
  ]
  for (const [title, text, expected] of cases)
    it(title, async () => {
      assert.deepEqual(await outcomeOf(text, 0), expected)
    })

  it('does not wait for a client that went before it was read', async () => {
    assert.equal(await outcomeOf(post('Content-Length: 900', '', '{"a"'), 200), 'invalid_request')
  })
})
