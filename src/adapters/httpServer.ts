import { randomUUID } from 'node:crypto'
import {
  createServer as createHttpServer,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { inTurn } from './inTurn.ts'
import { endUntakenAnswers, type AnswerBounds } from './untakenAnswers.ts'

/** Milliseconds for a whole request to come, and for its headers. */
const REQUEST_TIMEOUT = 30_000
const HEADERS_TIMEOUT = 10_000

const LIMITS = {
  requestTimeout: REQUEST_TIMEOUT,
  headersTimeout: HEADERS_TIMEOUT,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
}

const MAX_HEADERS = 100

/** Milliseconds for a TLS handshake. */
const HANDSHAKE_TIMEOUT = 10_000

/** Milliseconds for what is no HTTP to take its answer. */
const LAST_WORDS = 2_000

/** What a listener may be made to hold. */
export interface ListenerBounds extends AnswerBounds {
  /** Connections at one time; further ones are closed as soon as they come. */
  readonly connections: number
}

/** For every listener that speaks TLS. */
export const HANDSHAKE = { handshakeTimeout: HANDSHAKE_TIMEOUT, minVersion: 'TLSv1.2' } as const

/** The classes that a server makes its messages from; Node's own where nothing is given. */
export type MessageClasses = Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>

/** An HTTP/1.1 server, with TLS where `tls` (PEM) is given; it never asks for a certificate. */
export function createServer(
  listener: RequestListener,
  tls: { readonly cert: string; readonly key: string } | undefined,
  classes: MessageClasses = {},
): Server {
  const served = bounded(listener)
  return tls === undefined
    ? createHttpServer({ ...LIMITS, ...classes }, served)
    : createHttpsServer({ ...LIMITS, ...HANDSHAKE, ...classes, ...tls }, served)
}

/** What every listener puts in front of what it serves. */
export function bounded(listener: RequestListener): RequestListener {
  return inTurn(withFewHeaders(listener))
}

/** Refuses what has more headers than anybody needs: node would leave out those beyond the limit without a word. */
function withFewHeaders(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (request.rawHeaders.length <= 2 * MAX_HEADERS) {
      listener(request, response)
      return
    }
    tell(response, '431 Request Header Fields Too Large')
  }
}

function tell(response: ServerResponse, line: keyof typeof TEXTS): void {
  const { status, headers, body } = lastWords(line)
  response.writeHead(Number.parseInt(status), headers).end(body)
}

/** What is no HTTP gets JSON too. Bounds what a connection may take. */
export function harden(server: Server, bounds: ListenerBounds): void {
  Object.assign(server, LIMITS)
  server.keepAliveTimeout = 60_000
  // One more, so that it shows.
  server.maxHeadersCount = MAX_HEADERS + 1
  server.maxConnections = bounds.connections
  endUntakenAnswers(server, bounds)
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    tell(response, '417 Expectation Failed')
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    const { status, headers, body } = lastWords(STATUS_LINES[error.code ?? ''] ?? '400 Bad Request')
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    socket.end(`HTTP/1.1 ${[status, ...lines].join('\r\n')}\r\n\r\n${body}`)
    // Who neither reads nor goes would keep the connection.
    setTimeout(() => socket.destroy(), LAST_WORDS).unref()
  })
}

const STATUS_LINES: Readonly<Record<string, keyof typeof TEXTS>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

const TEXTS = {
  '400 Bad Request': 'The request is not HTTP/1.1.',
  '408 Request Timeout': 'The request did not come in time.',
  '413 Payload Too Large': 'The request has too large chunk extensions.',
  '417 Expectation Failed': 'The service does nothing that the request expects of it.',
  '431 Request Header Fields Too Large': 'The request has too many or too large headers.',
} as const

interface LastWords {
  readonly status: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The answer to what never reaches the API; the connection ends with it. */
function lastWords(status: keyof typeof TEXTS): LastWords {
  const body = JSON.stringify({ error: 'invalid_request', error_description: TEXTS[status] })
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'X-Request-Id': randomUUID(),
    Connection: 'close',
  }
  return { status, headers, body }
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
