import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { OpenAPIBackend, type AjvCustomizer, type Context, type Request } from 'openapi-backend'
import { callerOfToken } from '../csc/access.ts'
import type { Deps } from '../csc/deps.ts'
import { isCanonicalBase64 } from '../domain/base64.ts'
import { CscError } from '../domain/errors.ts'
import type { Caller } from '../domain/principal.ts'
import { describeViolation } from './describeViolation.ts'
import type { ApiVersion, Call } from './route.ts'
import { COMMON_TEXT } from './wording.ts'

/** A call whose body was read. */
export interface ContractCall extends Omit<Call, 'caller'> {
  readonly operation: string
  readonly path: string
  readonly body: unknown
  /** Told who calls, as soon as it is known. */
  identified(caller: Caller): void
}

/** One version of the API behind its OpenAPI document. */
export interface Contract {
  /** The operation of a path under the base path. Throws CscError: unknown 404, other verbs 405, not served 501. */
  operationOf(verb: string, path: string): string
  /** Refuses a call without a valid token, as `serve` would: before a large body is read. */
  requireCaller(call: Omit<ContractCall, 'body'>): Promise<void>
  /** Authenticates, validates, serves. Throws CscError, Refusal, or what nobody foresaw. */
  serve(call: ContractCall): Promise<object | undefined>
}

/** An OpenAPI document: beside `src`, also where a build was copied to; else one folder up, for `dist` in the project. */
export function contractPath(file: string): string {
  const places = [`../../openapi/${file}`, `../../../openapi/${file}`]
  const paths = places.map((place) => fileURLToPath(new URL(place, import.meta.url)))
  const found = paths.find((path) => existsSync(path))
  if (found === undefined) throw new Error(`${file} is not part of this installation`)
  return found
}

/** Loads a version's document. */
export async function createContract(deps: Deps, version: ApiVersion): Promise<Contract> {
  const api = new OpenAPIBackend({
    definition: contractPath(version.contractFile),
    strict: true,
    // All violations, so that the first in the order of the tables can be named; arrays are bounded before. JSON's
    // 1e309 is Infinity, which is no number.
    ajvOpts: { allErrors: true, verbose: true, strict: false, strictNumbers: true },
    customizeAjv: withFormats,
    securityHandlers: { serviceToken: (_: Context, call: ContractCall) => authenticate(deps, version, call) },
    handlers: {
      ...handlersOf(version),
      unauthorizedHandler: (context: Context) => {
        throw failureOf(context)
      },
      validationFail: ({ validation, operation }: Context) => {
        throw new CscError(
          'invalid_request',
          describeViolation(validation.errors ?? [], requestSchema(operation)),
        )
      },
      notFound: unforeseen,
      methodNotAllowed: unforeseen,
      notImplemented: unforeseen,
    },
  })
  await api.init()
  foresee(api)
  return {
    operationOf(verb, path) {
      const operation = operationAt(api, path)
      if (operation === undefined) throw new CscError('not_found', 'There is no such method.')
      if (!Object.hasOwn(version.routes, operation))
        throw new CscError('not_implemented', 'The service does not have this method.')
      if (verb !== 'POST') throw new CscError('method_not_allowed', 'Every method of the API is POST.')
      return operation
    },
    async requireCaller(call) {
      await authenticate(deps, version, call)
    },
    async serve(call) {
      const request = { method: 'POST', path: call.path, headers: {}, body: call.body }
      const answer: unknown = await api.handleRequest(request, call)
      return typeof answer === 'object' && answer !== null ? answer : undefined
    },
  }
}

/**
 * What openapi-backend's router finds out anew, several times for each request: all operations of the document; which of
 * them a path and verb mean, unless the path is spelt otherwise; and that `serve` gives it a body and nothing else.
 */
function foresee({ router }: OpenAPIBackend): void {
  const operations = router.getOperations()
  const known = new Map(operations.map((operation) => [`${operation.method} ${operation.path}`, operation]))
  const search = router.matchOperation.bind(router)
  router.getOperations = () => operations
  router.matchOperation = (request: Request, isStrict?: boolean) =>
    known.get(`${request.method.toLowerCase()} ${request.path}`) ?? search(request, isStrict === true)
  router.parseRequest = (request) => {
    const requestBody: unknown = request.body
    return { ...request, params: {}, headers: {}, query: {}, cookies: {}, requestBody }
  }
}

/** Base64 must be canonical: openapi-backend's own format takes unused bits that are not zero. URIs it does not know. */
const withFormats: AjvCustomizer = (ajv) => {
  ajv.addFormat('byte', isCanonicalBase64)
  ajv.addFormat('uri', (text: string) => URL.canParse(text))
  return ajv
}

function handlersOf(version: ApiVersion): Record<string, (context: Context, call: ContractCall) => unknown> {
  return Object.fromEntries(
    Object.entries(version.routes).map(([operation, route]) => [
      operation,
      ({ request, security }: Context, call: ContractCall) => {
        const body: unknown = request.requestBody
        return route(body, { ...call, caller: callerOf(security) })
      },
    ]),
  )
}

function operationAt(api: OpenAPIBackend, path: string): string | undefined {
  for (const method of ['post', 'get']) {
    const found = api.router.matchOperation({ method, path, headers: {} })
    if (found?.operationId !== undefined) return found.operationId
  }
  return undefined
}

/** CSC API v1.0.4.0 §8.1: `Authorization: Bearer …`. A header of another form is 400, a bad token 401. */
async function authenticate(
  deps: Deps,
  version: ApiVersion,
  call: Omit<ContractCall, 'body'>,
): Promise<Caller> {
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(call.authorization ?? '')?.[1]
  if (token === undefined) throw new CscError('invalid_request', version.malformedHeader(call.operation))
  const caller = await callerOfToken(deps, { token, clientId: call.clientId, requestId: call.requestId })
  call.identified(caller)
  return caller
}

/** What `authenticate` returned: openapi-backend keeps it without a type. */
function callerOf(security: Context['security'] | undefined): Caller | undefined {
  const caller: unknown = security?.['serviceToken']
  return isCaller(caller) ? caller : undefined
}

function isCaller(value: unknown): value is Caller {
  return typeof value === 'object' && value !== null && 'familyId' in value && 'requestId' in value
}

/** The error that `authenticate` threw. */
function failureOf({ security }: Context): unknown {
  const result: unknown = security['serviceToken']
  return typeof result === 'object' && result !== null && 'error' in result
    ? result.error
    : new CscError('invalid_token', COMMON_TEXT.invalid_token)
}

type RequestSchema = Parameters<typeof describeViolation>[1]

function requestSchema(operation: Context['operation']): RequestSchema {
  const body = operation.requestBody
  const schema: unknown =
    body !== undefined && 'content' in body ? body.content['application/json']?.schema : {}
  return schema as RequestSchema // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- our own file
}

function unforeseen(): never {
  throw new Error('the operation was matched before')
}
