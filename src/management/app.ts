import { randomUUID } from 'node:crypto'
import express, { type Express, type Request, type Response } from 'express'
import type { Audit } from '../ports/audit.ts'
import type { Log } from '../ports/log.ts'
import { equalSecrets, tokenHash } from '../domain/secrets.ts'

/** What the management listener needs; contract: openapi/management.yaml. */
export interface ManagementOptions {
  readonly audit: Audit
  readonly log: Log
  /** Each part's state, by name; a part that does not answer is false. */
  readonly checks: Readonly<Record<string, () => Promise<boolean>>>
  /** Prometheus text. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>
  /** SHA-256 of the operator's token, hex. */
  readonly operatorTokenHash: string
}

/** For operators, on loopback: is it alive, is it ready, what does it count, what happened to a request. */
export function createManagementApp(options: ManagementOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use((request, response, next) => {
    response.set({
      'X-Request-Id': randomUUID(),
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    })
    if (request.method === 'GET') next()
    else refuse(response.set('Allow', 'GET'), 405, 'method_not_allowed', 'Everything here is GET.')
  })
  app.get('/livez', (_, response) => {
    response.json({ status: 'ok' })
  })
  app.get('/readyz', async (request, response) => {
    const parts = await check(options.checks)
    const isReady = Object.values(parts).every((part) => part === 'ok')
    // Who is told that something failed wants to know what.
    const isTold = !isReady || 'verbose' in request.query
    response.status(isReady ? 200 : 503)
    response.json({ status: isReady ? 'ok' : 'failed', ...(isTold ? { parts } : {}) })
  })
  app.get('/metrics', async (_, response) => {
    const { contentType, text } = await options.metrics()
    response.set('Content-Type', contentType).send(text)
  })
  app.get('/journal/:requestId', async (request, response) => {
    if (!isOperator(request, options.operatorTokenHash)) {
      response.set('WWW-Authenticate', 'Bearer')
      refuse(response, 401, 'invalid_token', "The operator's token is needed.")
      return
    }
    response.json({ entries: await options.audit.ofRequest(request.params.requestId) })
  })
  app.use((_, response) => {
    refuse(response, 404, 'not_found', 'There is nothing here.')
  })
  app.use((error: unknown, _request: Request, response: Response, _next: unknown) => {
    options.log.error({ event: 'failed', operation: 'management', err: error }, 'unexpected error')
    refuse(response, 500, 'server_error', 'The service failed; its log says why.')
  })
  return app
}

async function check(
  checks: ManagementOptions['checks'],
): Promise<Readonly<Record<string, 'ok' | 'failed'>>> {
  const entries = await Promise.all(
    Object.entries(checks).map(async ([name, isWell]) => {
      const state = (await isWell().catch(() => false)) ? 'ok' : 'failed'
      return [name, state] as const
    }),
  )
  return Object.fromEntries(entries)
}

function isOperator(request: Request, operatorTokenHash: string): boolean {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  return token !== undefined && equalSecrets(tokenHash(token), operatorTokenHash)
}

function refuse(response: Response, status: number, error: string, description: string): void {
  response.status(status).json({ error, error_description: description })
}
