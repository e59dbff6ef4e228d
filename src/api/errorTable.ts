import { CscError, Refusal, type CscErrorCode } from '../domain/errors.ts'
import { COMMON_TEXT, type Wording } from './wording.ts'

/** The status of each `error`, where the answer does not name another (CSC API v1.0.4.0 §10, Table 2). */
export const STATUS: Readonly<Record<CscErrorCode, number>> = {
  invalid_request: 400,
  authentication_error: 400,
  invalid_otp: 400,
  invalid_pin: 400,
  invalid_authentication_data: 400,
  invalid_token: 401,
  expired_token: 401,
  unauthorized_client: 403,
  access_denied: 403,
  invalid_hash: 403,
  not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  server_error: 500,
  not_implemented: 501,
  temporarily_unavailable: 503,
}

/** What the client gets: status, fixed body, and headers that the status asks for. */
export interface ErrorAnswer {
  readonly status: number
  readonly body: { readonly error: CscErrorCode; readonly error_description: string }
  readonly headers: Readonly<Record<string, string>>
}

/** An error in the words of a version, or undefined for one that nobody foresaw. */
export function toCscError(error: unknown, wording: Wording): CscError | undefined {
  if (error instanceof CscError) return error
  if (!(error instanceof Refusal)) return undefined
  const { code, description, status } = wording[error.reason]
  return new CscError(code, typeof description === 'string' ? description : description(error), {
    cause: error,
    retryAfterSeconds: error.retryAfterSeconds,
    ...(status === undefined ? {} : { status }),
  })
}

/** The answer to an error; the same fixed 500 for every one that nobody foresaw. */
export function errorAnswer(error: CscError | undefined): ErrorAnswer {
  const code = error?.code ?? 'server_error'
  const status = error?.status ?? STATUS[code]
  return {
    status,
    body: { error: code, error_description: error?.description ?? COMMON_TEXT.server_error },
    headers: headersOf(code, status, error?.retryAfterSeconds),
  }
}

function headersOf(
  code: CscErrorCode,
  status: number,
  retryAfterSeconds: number | undefined,
): Readonly<Record<string, string>> {
  if (code === 'invalid_token' || code === 'expired_token')
    // RFC 6750 §3.1 has one code for both.
    return { 'WWW-Authenticate': 'Bearer error="invalid_token"' }
  if (status === 401) return { 'WWW-Authenticate': 'Basic realm="csc", charset="UTF-8"' }
  if (status === 405) return { Allow: 'POST' }
  if (status === 429) return { 'Retry-After': String(retryAfterSeconds ?? 60) }
  if (status === 503) return { 'Retry-After': '5' }
  return {}
}
