import { Agent, request, type Dispatcher } from 'undici'
import type { TlsFiles } from '../account/account.ts'
import { readTls } from '../account/readTls.ts'
import { parsedJson } from '../json.ts'
import { Unanswered } from '../outcome.ts'
import type { Answer } from './answer.ts'

const ANSWER_MS = 60_000
const MAX_ANSWER_BYTES = 32 * 1024 * 1024

/** A request as it goes out. */
export interface Message {
  readonly verb: string
  /** Below the base URI, such as `credentials/list`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** The service under test, at one base URI. */
export interface Service {
  readonly baseUrl: string
  /** Throws Unanswered when the connection ends, or a minute goes by, without an answer. */
  send(message: Message): Promise<Answer>
  /** Another set of connections, at most this many, to the same place. */
  withConnections(most: number): Service
  close(): Promise<void>
}

/** Throws Error when a file of `tls` cannot be read. */
export async function openService(baseUrl: string, tls: TlsFiles): Promise<Service> {
  const connect = await readTls(tls)
  const opened: Agent[] = []
  const open = (connections: number): Service => {
    const dispatcher = new Agent({
      connections,
      connect,
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
      maxResponseSize: MAX_ANSWER_BYTES,
    })
    opened.push(dispatcher)
    return {
      baseUrl,
      send: (message) => exchange(dispatcher, baseUrl, message),
      withConnections: open,
      close: async () => {
        await Promise.all(opened.map((one) => one.destroy()))
      },
    }
  }
  return open(8)
}

async function exchange(dispatcher: Dispatcher, baseUrl: string, message: Message): Promise<Answer> {
  const url = `${baseUrl.replace(/\/+$/, '')}/${message.path}`
  try {
    const { statusCode, headers, body } = await request(url, {
      dispatcher,
      method: message.verb,
      headers: message.headers,
      ...(message.body === undefined ? {} : { body: message.body }),
    })
    const text = await body.text()
    return { status: statusCode, headers: singly(headers), text, json: parsedJson(text) }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Unanswered(`${message.verb} ${message.path} got no answer: ${reason}`, { cause })
  }
}

function singly(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
}
