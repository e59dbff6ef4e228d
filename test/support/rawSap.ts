import { Agent, request } from 'node:https'

/** What a peer that keeps to no contract sends. Defaults: POST, JSON, an agent that keeps nothing open. */
export interface RawRequest {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it is; several pieces are sent without a content-length. */
  readonly body?: string | Buffer | readonly (string | Buffer)[]
  readonly agent?: Agent
}

export interface RawAnswer {
  readonly status: number
  readonly text: string
  /** Of the answer's JSON; undefined if it has none. */
  readonly error: unknown
}

export type Sender = (raw: RawRequest) => Promise<RawAnswer>

/** Sends raw HTTP over mutual TLS to a Unix socket. Rejects if no answer comes. */
export function rawSap(
  socketPath: string,
  tls: { readonly ca: string; readonly cert?: string; readonly key?: string },
): Sender {
  return (raw) =>
    new Promise((resolve, reject) => {
      const agent = raw.agent ?? new Agent({ keepAlive: false })
      const outgoing = request(
        {
          socketPath,
          ...tls,
          servername: 'localhost',
          agent,
          method: raw.method ?? 'POST',
          path: raw.path,
          headers: { 'content-type': 'application/json', ...lengthOf(raw.body), ...raw.headers },
        },
        (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('error', reject)
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            resolve({ status: incoming.statusCode ?? 0, text, error: errorOf(text) })
          })
        },
      )
      outgoing.on('error', reject)
      const { body } = raw
      if (Array.isArray(body)) for (const piece of body as readonly (string | Buffer)[]) outgoing.write(piece)
      outgoing.end(Array.isArray(body) ? undefined : body)
    })
}

function lengthOf(body: RawRequest['body']): Readonly<Record<string, string>> {
  const isWhole = typeof body === 'string' || Buffer.isBuffer(body)
  return isWhole ? { 'content-length': String(Buffer.byteLength(body)) } : {}
}

/** An agent that keeps one connection open, so that requests follow each other on it. */
export function oneConnection(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 })
}

function errorOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'error' in value ? value.error : undefined
  } catch {
    return undefined
  }
}
