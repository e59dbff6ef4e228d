import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makePeerAuthority, makeTlsIdentity } from './peerCertificates.ts'

/** A request that came in whole. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export interface HttpsServer {
  readonly port: number
  /** PEM of the authority of its certificate, which is for `localhost` and 127.0.0.1. */
  readonly ca: string
  readonly received: Received[]
  /** Connections so far, also those that brought no request. */
  connections(): number
  close(): Promise<void>
}

/** A real HTTPS server on loopback. `answer` gets each request when its body has come; by default it says 204. */
export async function httpsServer(
  answer: (request: Received, response: ServerResponse) => void = (_, response) => {
    response.writeHead(204).end()
  },
): Promise<HttpsServer> {
  const { cert, key, ca } = await makeTlsIdentity(await makePeerAuthority(), 'localhost')
  const received: Received[] = []
  let connections = 0
  const server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const whole = { method, path: url, headers, body: Buffer.concat(chunks) }
      received.push(whole)
      answer(whole, response)
    })
  })
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- of a TCP server
  return {
    port,
    ca,
    received,
    connections: () => connections,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
