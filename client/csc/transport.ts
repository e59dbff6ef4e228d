import { readFile } from 'node:fs/promises'
import { Agent, request } from 'undici'
import { z } from 'zod'
import type { ApiVersion, ServiceAddress } from '../connection.ts'
import { CscMalformedAnswer, CscRequestError, CscUnreachable } from './cscErrors.ts'

const MAX_ANSWER_BYTES = 4 * 1024 * 1024
/** An authorization may wait for the signer's act on another device. */
const ANSWER_TIMEOUT_MS = 120_000
const CONNECT_TIMEOUT_MS = 10_000

export interface CscRequest {
  /** Such as `credentials/list`. */
  readonly method: string
  readonly body: object
  /** Value of the Authorization header. */
  readonly authorization?: string | undefined
}

/** POST of JSON to one base URI. */
export interface CscTransport {
  /** The answer's JSON, undefined if it has no body. Throws CscRequestError, CscUnreachable, CscMalformedAnswer. */
  post(request: CscRequest): Promise<unknown>
  close(): Promise<void>
}

export interface TransportOptions {
  /** Shows the client certificate, at the base URI that is for it. */
  readonly mutualTls?: boolean
}

export async function openTransport(
  address: ServiceAddress,
  version: ApiVersion,
  options: TransportOptions = {},
): Promise<CscTransport> {
  const isMutual = options.mutualTls ?? false
  const baseUri = isMutual ? address.mutualTls?.[version] : address.csc[version]
  if (baseUri === undefined || (isMutual && address.client === undefined))
    throw new Error('The connection has no client certificate, or no address to show it at.')
  refusePlainText(baseUri)
  const dispatcher = new Agent({
    connect: { ...(await credentialsOf(address, isMutual)), timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    maxResponseSize: MAX_ANSWER_BYTES,
  })
  return {
    post: (message) => post({ dispatcher, baseUri }, message),
    close: () => dispatcher.close(),
  }
}

/** A password would be read on the way. */
function refusePlainText(baseUri: string): void {
  const { protocol, hostname } = new URL(baseUri)
  if (protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return
  throw new Error(`${baseUri} is not HTTPS: only a service on this machine may be spoken to without.`)
}

async function credentialsOf(
  { caFile, client }: ServiceAddress,
  isMutual: boolean,
): Promise<{ ca?: Buffer; cert?: Buffer; key?: Buffer }> {
  const ca = caFile === undefined ? {} : { ca: await readFile(caFile) }
  if (!isMutual || client === undefined) return ca
  return { ...ca, cert: await readFile(client.certificateFile), key: await readFile(client.keyFile) }
}

async function post(
  { dispatcher, baseUri }: { readonly dispatcher: Agent; readonly baseUri: string },
  { method, body, authorization }: CscRequest,
): Promise<unknown> {
  const answer = await exchange(`${baseUri.replace(/\/$/, '')}/${method}`, {
    dispatcher,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: JSON.stringify(body),
  })
  if (answer.status < 200 || answer.status > 299) throw refusalOf(answer)
  if (answer.text === '') return undefined
  const parsed = jsonOf(answer.text)
  if (parsed === undefined) throw new CscMalformedAnswer(`The service's answer to ${method} is not JSON.`)
  return parsed
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly requestId: string | undefined
}

/** Never tried again: a request that failed on the way may have been carried out. */
async function exchange(url: string, options: Parameters<typeof request>[1]): Promise<Answer> {
  try {
    const { statusCode, headers, body } = await request(url, options)
    const requestId = headers['x-request-id']
    return {
      status: statusCode,
      text: await body.text(),
      requestId: typeof requestId === 'string' ? requestId : undefined,
    }
  } catch (cause) {
    throw new CscUnreachable(`${new URL(url).origin} did not answer: ${reasonOf(cause)}`, { cause })
  }
}

/** Node puts the reason of a refused connection into the code alone when it tried several addresses. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message === '' && 'code' in error ? String(error.code) : error.message
}

const refusal = z.object({ error: z.string(), error_description: z.string().default('') })

function refusalOf({ status, text, requestId }: Answer): CscRequestError {
  const parsed = refusal.safeParse(jsonOf(text))
  const { error, error_description: description } = parsed.success
    ? parsed.data
    : { error: 'server_error', error_description: 'The service gave no reason.' }
  return new CscRequestError({ status, error, description, requestId })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
