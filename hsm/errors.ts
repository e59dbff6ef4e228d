import pkcs11 from 'pkcs11js'
import { HsmUnavailable } from './hsm.ts'

/** The token refused the PIN, or refused it before and the PIN file has not changed since. Do not start again. */
export class WrongPin extends Error {
  override readonly name = 'WrongPin'
}

/** The token, or what is in it, is not what the configuration says: an operator must act. Do not start again. */
export class TokenUnfit extends Error {
  override readonly name = 'TokenUnfit'
}

/** A wrapped key or sealed record that this token does not take: changed, foreign, or made for another key. */
export class NotOurs extends Error {
  override readonly name = 'NotOurs'
}

/** Sessions still busy when the token was closed: a call into the module that never came back. */
export class SessionsNotGivenBack extends Error {
  override readonly name = 'SessionsNotGivenBack'
  readonly count: number

  constructor(count: number) {
    super(`${String(count)} session(s) were not given back`)
    this.count = count
  }
}

/** The device or the session is gone: the session that saw one of these is never used again. */
const GONE: ReadonlySet<number> = new Set([
  pkcs11.CKR_GENERAL_ERROR,
  pkcs11.CKR_HOST_MEMORY,
  pkcs11.CKR_FUNCTION_FAILED,
  pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED,
  pkcs11.CKR_DEVICE_ERROR,
  pkcs11.CKR_DEVICE_MEMORY,
  pkcs11.CKR_DEVICE_REMOVED,
  pkcs11.CKR_SESSION_CLOSED,
  pkcs11.CKR_SESSION_HANDLE_INVALID,
  pkcs11.CKR_SESSION_COUNT,
  pkcs11.CKR_SLOT_ID_INVALID,
  pkcs11.CKR_TOKEN_NOT_PRESENT,
  pkcs11.CKR_TOKEN_NOT_RECOGNIZED,
  pkcs11.CKR_USER_NOT_LOGGED_IN,
  pkcs11.CKR_MUTEX_BAD,
])

/** The object went, with the session that made it or with the token's restart; the session itself is sound. */
const OBJECT_GONE: ReadonlySet<number> = new Set([
  pkcs11.CKR_KEY_HANDLE_INVALID,
  pkcs11.CKR_OBJECT_HANDLE_INVALID,
])

/** The CKR_ value of an error of the module, or undefined for any other error. */
export function returnValueOf(error: unknown): number | undefined {
  if (error instanceof pkcs11.Pkcs11Error) return error.code
  // Calls with a template throw pkcs11js' inner error, whose message is `CKR_NAME:number`.
  const number = error instanceof Error ? /^CKR_[A-Z0-9_]*:(\d+)$/.exec(error.message)?.[1] : undefined
  return number === undefined ? undefined : Number(number)
}

export function isReturnValue(error: unknown, ...values: readonly number[]): boolean {
  const value = returnValueOf(error)
  return value !== undefined && values.includes(value)
}

/** An operation may still be active on the session. */
const OPERATION_LEFT: ReadonlySet<number> = new Set([
  pkcs11.CKR_ARGUMENTS_BAD,
  pkcs11.CKR_BUFFER_TOO_SMALL,
  pkcs11.CKR_OPERATION_ACTIVE,
])

/** Refusals of our own, made before an operation began or after it ended. */
const SOUND = [NotOurs, TokenUnfit, HsmUnavailable, RangeError, TypeError] as const

/**
 * Whether a session on which this error was seen must not be used again: the device is gone, or an operation may
 * still be active on it.
 */
export function spoilsSession(error: unknown): boolean {
  if (SOUND.some((type) => error instanceof type)) return false
  const value = returnValueOf(error)
  if (value === undefined) return true
  return GONE.has(value) || OPERATION_LEFT.has(value)
}

/** HsmUnavailable, with the cause, for what means that device, session or object is gone; others as they are. */
export function translated(error: unknown): unknown {
  const value = returnValueOf(error)
  if (value === undefined || !(GONE.has(value) || OBJECT_GONE.has(value))) return error
  return new HsmUnavailable('the HSM does not answer', { cause: error })
}

export function meansDeviceGone(error: unknown): boolean {
  const value = returnValueOf(error)
  return value !== undefined && GONE.has(value)
}
