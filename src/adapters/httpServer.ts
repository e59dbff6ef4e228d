import { randomUUID } from 'node:crypto'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** Milliseconds for a whole request to come, and for its headers. */
const REQUEST_TIMEOUT = 30_000
const HEADERS_TIMEOUT = 10_000

const LIMITS = { requestTimeout: REQUEST_TIMEOUT, headersTimeout: HEADERS_TIMEOUT, maxHeaderSize: 16 * 1024 }

/** An HTTP/1.1 server, with TLS where `tls` (PEM) is given; it never asks for a certificate. */
export function createServer(
  listener: RequestListener,
  tls: { readonly cert: string; readonly key: string } | undefined,
): Server {
  return tls === undefined
    ? createHttpServer(LIMITS, listener)
    : createHttpsServer({ ...LIMITS, ...tls, minVersion: 'TLSv1.2' }, listener)
}

/** What is no HTTP gets JSON too. Bounds what a connection may take. */
export function harden(server: Server): void {
  Object.assign(server, LIMITS)
  server.keepAliveTimeout = 60_000
  server.maxHeadersCount = 100
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    const status = STATUS_LINES[error.code ?? ''] ?? '400 Bad Request'
    const body = JSON.stringify({
      error: 'invalid_request',
      error_description: 'The request is not HTTP/1.1.',
    })
    const lines = [
      `HTTP/1.1 ${status}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${randomUUID()}`,
      'Connection: close',
    ]
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
  })
}

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** Listens. Returns the port, which the system chose where it was 0. */
export async function listen(
  server: Server,
  at: { readonly host: string; readonly port: number },
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(at.port, at.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return portOf(server.address())
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port')
  return address.port
}

/** Takes no more connections, lets requests finish for at most this many milliseconds, then ends what is left. */
export async function stop(server: Server, withinMilliseconds: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve()
    })
  })
  server.closeIdleConnections()
  const timer = setTimeout(() => {
    server.closeAllConnections()
  }, withinMilliseconds)
  await closed
  clearTimeout(timer)
}
