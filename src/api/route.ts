import type { Caller } from '../domain/principal.ts'
import type { Wording } from './wording.ts'

/** What a route may know of the call besides its body. */
export interface Call {
  readonly requestId: string
  readonly clientId: string
  /** Where the call came from. */
  readonly address: string
  /** The `Authorization` header. */
  readonly authorization: string | undefined
  /** Who the service token says it is; undefined for methods that take none. */
  readonly caller: Caller | undefined
  /** Takes a place among the calls with documents until the answer has gone. Throws CscError: 503 when there is none. */
  takePlace(): void
}

/** An answer with status 202: what was asked for is not done yet. */
export class Accepted {
  readonly body: object
  constructor(body: object) {
    this.body = body
  }
}

/** One method of one version: a body that the contract accepted, to the body of the answer, which may be Accepted, or undefined for 204. */
export type Route = (body: unknown, call: Call) => Promise<object | undefined>

/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- the contract's type of a body, named once */

/** A method that takes no service token. `Q` is the contract's type of the request. */
export function openRoute<Q>(serve: (body: Q, call: Call) => Promise<object | undefined>): Route {
  return (body, call) => serve(validated<Q>(body), call)
}

/** A method that takes a service token. */
export function callerRoute<Q>(
  serve: (body: Q, caller: Caller, call: Call) => Promise<object | undefined>,
): Route {
  return (body, call) => {
    const { caller } = call
    if (caller === undefined) throw new Error('the contract asks for no token here')
    return serve(validated<Q>(body), caller, call)
  }
}

/** The one place where the contract's validation becomes a type: it ran on this very body, just before. */
function validated<Q>(body: unknown): Q {
  return body as Q // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
}

/* eslint-enable @typescript-eslint/no-unnecessary-type-parameters */

/** A version of the API: its contract, its words, its methods. */
export interface ApiVersion {
  readonly basePath: string
  /** Name of the yaml file in `openapi/`. */
  readonly contractFile: string
  readonly wording: Wording
  /** `error_description` for an Authorization header that is no Bearer, by operation. */
  malformedHeader(operation: string): string
  /** Operations whose bodies hold documents: larger ones, and read only for a caller with a valid token. */
  readonly documentOperations: readonly string[]
  /** By operationId, which is the method's name. An operation of the contract without a route answers 501. */
  readonly routes: Readonly<Record<string, Route>>
}
