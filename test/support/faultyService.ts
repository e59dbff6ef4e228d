import { Agent, request } from 'undici'
import { memberOf } from './bodyOf.ts'
import { httpsServer, type Received } from './httpsServer.ts'

/** A request to the CSC API on its way through. */
export interface Wire {
  /** `v1 signatures/signHash` */
  readonly method: string
  readonly verb: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly raw: Buffer
  /** The body as JSON; undefined when it is none. */
  readonly body: unknown
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export type Forward = (wire: Wire) => Promise<Reply>

/** What goes wrong between the caller and a faultless service. One for a run: it may remember what it saw. */
export type Defect = (wire: Wire, forward: Forward) => Promise<Reply>

export interface FaultyService {
  readonly origin: string
  /** PEM of the authority of its certificate. */
  readonly ca: string
  close(): Promise<void>
}

/** Stands before a service and has a defect. */
export async function faultyService(
  service: { readonly origin: string; readonly ca: string },
  defect: Defect,
): Promise<FaultyService> {
  const dispatcher = new Agent({ connect: { ca: service.ca } })
  const forward: Forward = async (wire) => {
    const answer = await request(`${service.origin}${wire.path}`, {
      dispatcher,
      method: wire.verb,
      headers: wire.headers,
      ...(wire.raw.length === 0 ? {} : { body: wire.raw }),
    })
    return { status: answer.statusCode, headers: kept(answer.headers), text: await answer.body.text() }
  }
  const server = await httpsServer((received, response) => {
    defect(wireOf(received), forward).then(
      ({ status, headers, text }) => {
        response.writeHead(status, {
          ...headers,
          ...(status === 204 ? {} : { 'content-length': Buffer.byteLength(text) }),
        })
        response.end(text)
      },
      (cause: unknown) => response.destroy(cause instanceof Error ? cause : new Error(String(cause))),
    )
  })
  return {
    origin: `https://localhost:${server.port}`,
    ca: server.ca,
    async close() {
      await server.close()
      await dispatcher.close()
    },
  }
}

/** The same request with another JSON body. */
export function withBody(wire: Wire, changes: object): Wire {
  const body: unknown = { ...(typeof wire.body === 'object' ? wire.body : {}), ...changes }
  return { ...wire, body, raw: Buffer.from(JSON.stringify(body)) }
}

export function json(status: number, body: object): Reply {
  return { status, headers: { 'content-type': 'application/json' }, text: JSON.stringify(body) }
}

/** Another JSON body in the same answer. */
export function changed(reply: Reply, change: (body: object) => object): Reply {
  const body: unknown = reply.text === '' ? {} : JSON.parse(reply.text)
  return { ...reply, text: JSON.stringify(change(typeof body === 'object' && body !== null ? body : {})) }
}

export function isRefusal(reply: Reply, description: string): boolean {
  return reply.status >= 400 && memberOf(parsed(reply.text), 'error_description') === description
}

/** Undefined for what is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What belongs to one connection is not passed on. */
const OF_THE_CONNECTION = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive']

function wireOf({ method, path, headers, body }: Received): Wire {
  const [, version = '', operation = ''] = /^\/csc\/(v[12])\/(.*)$/.exec(path) ?? []
  return {
    method: `${version} ${operation}`,
    verb: method,
    path,
    headers: kept(headers),
    raw: body,
    body: parsed(body.toString()),
  }
}

function kept(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !OF_THE_CONNECTION.includes(name))
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
}
