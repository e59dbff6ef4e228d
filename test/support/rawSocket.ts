import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface RawTarget {
  readonly port: number
  /** PEM of the authority, where it speaks TLS. */
  readonly ca?: string
}

/** A connection that reads nothing until told. */
export async function rawSocket({ port, ca }: RawTarget): Promise<Socket> {
  const socket =
    ca === undefined
      ? connectPlain({ port, host: '127.0.0.1' })
      : connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca })
  await new Promise<void>((resolve, reject) => {
    socket.once(ca === undefined ? 'connect' : 'secureConnect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)
  return socket
}

/** All that comes until the other side ends the connection. */
export function restOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  return new Promise((resolve) => {
    if (socket.destroyed) resolve(text)
    socket.once('close', () => {
      resolve(text)
    })
  })
}

/** The text of a POST with a JSON body. */
export function postText(path: string, body: object, headers: Readonly<Record<string, string>> = {}): string {
  const content = JSON.stringify(body)
  const lines = Object.entries({
    Host: 'localhost',
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(content)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${content}`
}
