import { isUtf8 } from 'node:buffer'
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import { MalformedMessage } from '../codec.ts'
import { SAP_STATUS, SapFailure, type SapErrorCode } from '../errors.ts'
import { MAX_BODY_BYTES, PROTOCOL_VERSION, REQUEST_TIMEOUT_MS } from '../limits.ts'
import type { AnswerOf, OperationTable, RequestOf } from './operationTypes.ts'
import { certificateFingerprint, type Peer } from './peer.ts'

export type Handlers<T extends OperationTable> = {
  readonly [N in keyof T]: (input: RequestOf<T, N>, peer: Peer) => Promise<AnswerOf<T, N>>
}

/** What happened to one request, for log, metrics and journal. Holds no message content. */
export interface Refusal {
  readonly operation: string
  readonly peer: Peer | undefined
  readonly requestId: string | undefined
  readonly code: SapErrorCode
  readonly error: unknown
}

export interface OperationServerOptions<T extends OperationTable> {
  readonly operations: T
  readonly handlers: Handlers<T>
  /** PEM: own certificate chain and key, and the authority that peers' certificates come from. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string }
  /** The peer enrolled under a certificate's SHA-256, or undefined: then every operation is forbidden. */
  peerOf(fingerprint: string): Peer | undefined
  /** Awaited before the peer is answered; if it fails, the peer gets `unavailable`. */
  onRefusal(refusal: Refusal): Promise<void>
  /** A connection without a certificate that the authority issued and that is valid now. */
  onRejectedConnection(error: Error): void
}

/**
 * Serves a table of operations over HTTP/1.1 with mutual TLS: `POST /sap/v1/<operation>`, one JSON message in, one
 * out. The peer's role comes from its certificate only. Every refusal is a code and no more.
 */
export function createOperationServer<T extends OperationTable>(options: OperationServerOptions<T>): Server {
  const tls: ServerOptions = {
    ...options.tls,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: 60_000,
    maxHeaderSize: 8192,
  }
  const server = createServer(tls, (request, response) => {
    void serve(options, request, response)
  })
  server.on('tlsClientError', (error) => {
    options.onRejectedConnection(error)
  })
  return server
}

async function serve<T extends OperationTable>(
  options: OperationServerOptions<T>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const operation = request.url?.startsWith(`/sap/${PROTOCOL_VERSION}/`)
    ? request.url.slice(`/sap/${PROTOCOL_VERSION}/`.length)
    : ''
  const peer = options.peerOf(fingerprintOf(request))
  let message: unknown
  try {
    if (peer === undefined) throw new SapFailure('forbidden', 'the certificate is not enrolled')
    if (!Object.hasOwn(options.operations, operation))
      throw new SapFailure('unknown_operation', 'no such operation in this version')
    const entry = options.operations[operation]
    const handler = options.handlers[operation]
    if (entry === undefined || handler === undefined) throw new SapFailure('unknown_operation', 'not served')
    if (!entry.roles.includes(peer.role)) throw new SapFailure('forbidden', `not for role ${peer.role}`)
    if (request.method !== 'POST' || request.headers['content-type'] !== 'application/json')
      throw new SapFailure('malformed', 'POST of application/json expected')
    message = parseStrict(await readBody(request))
    // The codec of this very operation made it.
    const input = entry.request.parse(message, '') as RequestOf<T, string> // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
    const answer: unknown = entry.answer.write(await handler(input, peer))
    send(response, 200, answer)
  } catch (error) {
    const code = codeOf(error)
    // Of a message that was refused unread, too: whoever looks for its id shall find why.
    const requestId = requestIdOf(message ?? (await unreadMessage(request)))
    const refusal = { operation: operation.slice(0, 64), peer, requestId, code, error }
    const isRecorded = await recorded(options, refusal)
    if (isRecorded) send(response, SAP_STATUS[code], { error: code, ...detailsOf(error) })
    else send(response, SAP_STATUS.unavailable, { error: 'unavailable' })
  }
}

function detailsOf(error: unknown): object {
  if (!(error instanceof SapFailure)) return {}
  const { subject, retryAfterSeconds: retryAfter } = error
  return { ...(subject && { subject }), ...(retryAfter !== undefined && { retryAfter }) }
}

/** What a refused peer sent, within the same limits as any message; undefined if it is none. */
async function unreadMessage(request: IncomingMessage): Promise<unknown> {
  if (request.readableEnded || request.readableFlowing === true) return undefined
  try {
    return parseStrict(await readBody(request))
  } catch {
    return undefined
  }
}

async function recorded<T extends OperationTable>(
  options: OperationServerOptions<T>,
  refusal: Refusal,
): Promise<boolean> {
  try {
    await options.onRefusal(refusal)
    return true
  } catch {
    return false
  }
}

/** By connection: its certificate stays the same. */
const fingerprints = new WeakMap<TLSSocket, string>()

function fingerprintOf({ socket }: IncomingMessage): string {
  if (!(socket instanceof TLSSocket)) return ''
  const known = fingerprints.get(socket)
  if (known !== undefined) return known
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return ''
  const fingerprint = certificateFingerprint(certificate)
  fingerprints.set(socket, fingerprint)
  return fingerprint
}

function codeOf(error: unknown): SapErrorCode {
  if (error instanceof SapFailure) return error.code
  if (error instanceof MalformedMessage) return 'malformed'
  return 'internal'
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const piece: Buffer = Buffer.from(chunk as Uint8Array) // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- a stream without encoding gives buffers
      size += piece.length
      if (size > MAX_BODY_BYTES) throw new SapFailure('too_large', `more than ${MAX_BODY_BYTES} bytes`)
      chunks.push(piece)
    }
  } catch (error) {
    // What is still to come is read and dropped: the peer shall be able to read its answer.
    request.resume()
    if (error instanceof SapFailure) throw error
    throw new SapFailure('malformed', 'the body did not arrive', { cause: error })
  }
  const body = Buffer.concat(chunks)
  if (!isUtf8(body)) throw new SapFailure('malformed', 'not UTF-8')
  return body.toString('utf8')
}

/**
 * A message is the JSON text that JSON.stringify writes, to the byte. So there is one text for one message: no
 * duplicate members, no white space, no second spelling of a number or a string.
 */
function parseStrict(body: string): unknown {
  let message: unknown
  try {
    message = JSON.parse(body)
  } catch {
    throw new SapFailure('malformed', 'not JSON')
  }
  if (JSON.stringify(message) !== body) throw new SapFailure('malformed', 'not the compact form of its JSON')
  return message
}

function requestIdOf(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('requestId' in message)) return undefined
  const { requestId } = message
  return typeof requestId === 'string' && /^[A-Za-z0-9-]{8,64}$/.test(requestId) ? requestId : undefined
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
