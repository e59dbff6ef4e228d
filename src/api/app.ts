import { randomUUID } from 'node:crypto'
import express, { type Express, type Request, type Response, type Router } from 'express'
import type { Deps } from '../csc/deps.ts'
import { CscError, Refusal } from '../domain/errors.ts'
import type { Caller } from '../domain/principal.ts'
import type { Tolerances } from '../domain/tolerances.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import { answerBeforeBody } from './answerBeforeBody.ts'
import { MAX_BODY_BYTES, readBody } from './body.ts'
import { createContract, type Contract, type ContractCall } from './contract.ts'
import type { DocumentGate } from './documentGate.ts'
import { errorAnswer, toCscError } from './errorTable.ts'
import { Accepted, type ApiVersion } from './route.ts'
import { serveResource, type Resources } from './resources.ts'
import { tolerantAnswer } from './tolerantAnswer.ts'
import { tolerantBody } from './tolerantBody.ts'
import { v1 } from './v1/routes.ts'
import { v2 } from './v2/routes.ts'

export interface AppOptions {
  readonly deps: Deps
  readonly log: Log
  readonly metrics: Metrics
  /** Whether `X-Forwarded-For` and the scheme come from a proxy on this machine. */
  readonly isBehindProxy: boolean
  /** The client of a connection: `basic`, or the one whose certificate it showed. */
  clientOf(request: Request): string
  /** What is served beside the API, by path. */
  readonly pages: Readonly<Record<string, Router>>
  readonly resources: Resources
  readonly documentGate: DocumentGate
  /** Bytes of a body that holds documents. */
  readonly documentBytes: number
  /** What a client may write otherwise than the contract says. */
  tolerancesOf(clientId: string): Tolerances
}

/** One request on its way, for the access line and the journal. */
interface Passage {
  readonly requestId: string
  readonly started: number
  readonly clientId: string
  operation: string
  caller: Caller | undefined
  refused: Why | undefined
  /** A large body is on its way that nobody will read. */
  isBodyLeft: boolean
  /** Gives back the place among the calls with documents. */
  leave: (() => void) | undefined
  /** Where the call came from. */
  readonly address: string
}

/** The CSC API over HTTP: both versions, JSON always. */
export async function createApp(options: AppOptions): Promise<Express> {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('trust proxy', options.isBehindProxy ? 'loopback' : false)
  app.set('query parser', 'simple')
  for (const version of [v1(options.deps), v2(options.deps)]) {
    const contract = await createContract(options.deps, version)
    app.use(version.basePath, async (request, response) => {
      await answer(options, version, contract, request, response)
    })
  }
  for (const [path, page] of Object.entries(options.pages)) app.use(path, page)
  app.use((request, response) => {
    const passage = begin(options, request, response)
    if (serveResource(options.resources, request, response)) return
    send(options, passage, response, errorAnswer(new CscError('not_found', 'There is no such method.')))
  })
  return app
}

async function answer(
  options: AppOptions,
  version: ApiVersion,
  contract: Contract,
  request: Request,
  response: Response,
): Promise<void> {
  const passage = begin(options, request, response)
  try {
    passage.operation = contract.operationOf(request.method, request.path)
    const tolerances = options.tolerancesOf(passage.clientId)
    const call = callOf(options, passage, request)
    const serve = async (maxBytes: number): Promise<object | undefined> => {
      const given = await readBody(request, response, { mayBeEmpty: passage.operation === 'info', maxBytes })
      return contract.serve({ ...call, body: tolerantBody(tolerances, version.basePath, given) })
    }
    const result = version.documentOperations.includes(passage.operation)
      ? await serveDocuments({ options, contract, passage, call }, serve)
      : await serve(MAX_BODY_BYTES)
    const isDone = !(result instanceof Accepted)
    const told = tolerantAnswer(tolerances, isDone ? result : result.body)
    const status = told === undefined ? 204 : isDone ? 200 : 202
    send(options, passage, response, { status, body: told, headers: {} })
  } catch (error) {
    const told = toCscError(error, version.wording)
    await note(options, passage, error, told)
    send(options, passage, response, errorAnswer(told))
  } finally {
    leaveAfter(passage, response)
  }
}

/** The answer is in memory until it was taken or its connection ended. */
function leaveAfter({ leave }: Passage, response: Response): void {
  if (leave === undefined) return
  if (response.closed) leave()
  else response.once('close', leave)
}

interface DocumentCall {
  readonly options: AppOptions
  readonly contract: Contract
  readonly passage: Passage
  readonly call: Omit<ContractCall, 'body'>
}

/** A large body is read only for a caller with a valid token, and while there is room for it. */
async function serveDocuments(
  { options, contract, passage, call }: DocumentCall,
  serve: (maxBytes: number) => Promise<object | undefined>,
): Promise<object | undefined> {
  passage.isBodyLeft = true
  await contract.requireCaller(call)
  call.takePlace()
  passage.isBodyLeft = false
  return serve(options.documentBytes)
}

function callOf(options: AppOptions, passage: Passage, request: Request): Omit<ContractCall, 'body'> {
  const { requestId, clientId, address, operation } = passage
  return {
    ...{ requestId, clientId, address, operation },
    authorization: request.headers.authorization,
    path: request.path,
    identified: (caller) => {
      passage.caller = caller
    },
    takePlace: () => {
      passage.leave ??= options.documentGate.enter(passage.caller?.userId ?? '')
    },
  }
}

/** Request id and security headers are there whatever happens next. */
function begin(options: AppOptions, request: Request, response: Response): Passage {
  const requestId = randomUUID()
  response.set({
    'X-Request-Id': requestId,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
    ...(request.secure ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}),
  })
  return {
    requestId,
    started: performance.now(),
    clientId: options.clientOf(request),
    operation: '',
    caller: undefined,
    refused: undefined,
    isBodyLeft: false,
    leave: undefined,
    address: request.ip ?? '',
  }
}

/**
 * A refusal goes to the journal: by itself for a caller who proved who he is, else as one more in a number. What nobody
 * foresaw goes to the log as well, with its cause.
 */
async function note(
  options: AppOptions,
  passage: Passage,
  error: unknown,
  told: CscError | undefined,
): Promise<void> {
  const { requestId, clientId, operation, caller } = passage
  if (told === undefined)
    options.log.error({ event: 'failed', requestId, operation, err: error }, 'unexpected error')
  // Paths that are no method, and methods that are not served, would only fill the journal.
  if (operation === '') return
  const { userId, ...why } = whyOf(error, told)
  passage.refused = why
  if (caller === undefined) {
    options.deps.refusals.count({ operation, clientId, ...why, ...(userId === undefined ? {} : { userId }) })
    return
  }
  try {
    await options.deps.audit.record(
      told === undefined
        ? { ...caller, type: 'failed', operation, reason: why.reason }
        : { ...caller, type: 'refused', operation, ...why },
    )
  } catch (failure) {
    options.log.error({ event: 'journal-failed', requestId, err: failure }, 'the journal cannot be written')
  }
}

interface Why {
  readonly error: string
  readonly reason: string
  readonly detail?: string
}

/** Why, for an operator: the reason behind the words, and the SAM's. Nothing of it is the client's text. */
function whyOf(error: unknown, told: CscError | undefined): Why & { readonly userId?: string | undefined } {
  if (told === undefined)
    return { error: 'server_error', reason: error instanceof Error ? error.name : 'unknown' }
  const { code, cause } = told
  if (!(cause instanceof Refusal)) return { error: code, reason: told.description }
  const { reason, detail, userId } = cause
  return { error: code, reason, ...(detail === undefined ? {} : { detail }), userId }
}

interface Outcome {
  readonly status: number
  readonly body: object | undefined
  readonly headers: Readonly<Record<string, string>>
}

function send(options: AppOptions, passage: Passage, response: Response, outcome: Outcome): void {
  const { requestId, operation, clientId, caller, refused, address } = passage
  const seconds = (performance.now() - passage.started) / 1000
  options.metrics.answered({ operation, status: outcome.status, seconds })
  options.log.info(
    {
      event: 'request',
      requestId,
      // Of a path that is no method nothing is written: it is the client's text.
      operation,
      status: outcome.status,
      milliseconds: Math.round(seconds * 1000),
      clientId,
      ...(caller === undefined ? {} : { userId: caller.userId }),
      ...refused,
      // The journal only counts it: whoever looks for an attacker has no other place.
      ...(refused !== undefined && caller === undefined ? { address } : {}),
    },
    'answered',
  )
  if (response.headersSent || response.destroyed) return
  response.status(outcome.status).set({ ...outcome.headers })
  if (outcome.body === undefined) response.end()
  else if (passage.isBodyLeft || outcome.status === 413 || outcome.status === 415)
    answerBeforeBody(response.req, response, outcome.body)
  else response.json(outcome.body)
}
