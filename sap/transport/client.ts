import { Pool } from 'undici'
import { MalformedMessage } from '../codec.ts'
import {
  MAX_RETRY_AFTER,
  SAP_ERROR_CODES,
  SapFailure,
  type CertificateSubject,
  type SapErrorCode,
} from '../errors.ts'
import { MAX_ANSWER_BYTES, PROTOCOL_VERSION, REQUEST_TIMEOUT_MS } from '../limits.ts'
import type { AnswerOf, OperationTable, RequestOf } from './operationTypes.ts'

export interface OperationClientOptions<T extends OperationTable> {
  readonly operations: T
  /** `https://host:port`; with `socketPath` the host only names the certificate. */
  readonly url: string
  readonly socketPath?: string | undefined
  /** PEM: own certificate chain and key, and the authority that the server's certificate comes from. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string }
  /** Connections kept open; default 8. */
  readonly connections?: number | undefined
}

export interface OperationClient<T extends OperationTable> {
  /**
   * Calls one operation. Throws SapFailure with the peer's code, or `unavailable` when the peer cannot be reached
   * or does not answer in time. Then nobody knows whether it acted: never retried here.
   */
  call<N extends keyof T & string>(name: N, request: RequestOf<T, N>): Promise<AnswerOf<T, N>>
  close(): Promise<void>
}

/** A client for a table of operations over mutual TLS. */
export function createOperationClient<T extends OperationTable>(
  options: OperationClientOptions<T>,
): OperationClient<T> {
  const pool = new Pool(options.url, {
    connections: options.connections ?? 8,
    pipelining: 1,
    headersTimeout: REQUEST_TIMEOUT_MS,
    bodyTimeout: REQUEST_TIMEOUT_MS,
    maxResponseSize: MAX_ANSWER_BYTES,
    connect: {
      ...options.tls,
      ...(options.socketPath === undefined ? {} : { socketPath: options.socketPath }),
      timeout: 5_000,
      rejectUnauthorized: true,
    },
  })
  return {
    async call(name, request) {
      const entry = options.operations[name]
      if (entry === undefined) throw new SapFailure('unknown_operation', name)
      const { status, body } = await post(pool, name, JSON.stringify(entry.request.write(request)))
      if (status !== 200) throw failureOf(body, name)
      try {
        // The codec of this very operation made it.
        return entry.answer.parse(body, '') as AnswerOf<T, typeof name> // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
      } catch (error) {
        if (error instanceof MalformedMessage)
          throw new SapFailure('internal', `answer to ${name}: ${error.message}`, { cause: error })
        throw error
      }
    },
    close: () => pool.close(),
  }
}

async function post(pool: Pool, name: string, body: string): Promise<{ status: number; body: unknown }> {
  try {
    const response = await pool.request({
      method: 'POST',
      path: `/sap/${PROTOCOL_VERSION}/${name}`,
      headers: { 'content-type': 'application/json' },
      body,
    })
    return { status: response.statusCode, body: await response.body.json() }
  } catch (error) {
    throw new SapFailure('unavailable', `${name}: no answer`, { cause: error })
  }
}

function failureOf(body: unknown, name: string): SapFailure {
  const given = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
  const code: SapErrorCode = SAP_ERROR_CODES.find((candidate) => candidate === given) ?? 'internal'
  return new SapFailure(code, `${name} was refused: ${code}`, {
    subject: subjectOf(body),
    retryAfterSeconds: retryAfterOf(body),
  })
}

function retryAfterOf(body: unknown): number | undefined {
  if (typeof body !== 'object' || body === null || !('retryAfter' in body)) return undefined
  const seconds = body.retryAfter
  if (typeof seconds !== 'number' || !Number.isInteger(seconds)) return undefined
  return seconds >= 1 && seconds <= MAX_RETRY_AFTER ? seconds : undefined
}

function subjectOf(body: unknown): CertificateSubject | undefined {
  if (typeof body !== 'object' || body === null || !('subject' in body)) return undefined
  const subject = body.subject
  if (typeof subject !== 'object' || subject === null) return undefined
  const organization = 'organization' in subject ? subject.organization : ''
  const commonName = 'commonName' in subject ? subject.commonName : ''
  return typeof organization === 'string' && typeof commonName === 'string'
    ? { organization, commonName }
    : undefined
}
