import { randomUUID } from 'node:crypto'
import { Refusal } from '../../domain/errors.ts'
import type { Principal } from '../../domain/principal.ts'
import { looksLikeToken, newToken, tokenHash } from '../../domain/secrets.ts'
import type { NewToken, TokenKind } from '../../ports/sessionStore.ts'
import type { Deps } from '../deps.ts'

export interface LoginInput {
  readonly requestId: string
  readonly clientId: string
  /** Where the call came from, for the limiter. */
  readonly address: string
  /** The `Authorization` header as it came. */
  readonly authorization: string | undefined
  readonly refreshToken: string | undefined
  readonly isRemembered: boolean
}

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  readonly expiresInSeconds: number
}

/**
 * CSC API v1.0.4.0 §11.2. With a user name and password: a new login family. With a refresh token: a new access
 * token in the same family, and with `isRemembered` a new refresh token in place of the old one; the old
 * one, shown again, ends the family. Throws Refusal.
 */
export async function login(deps: Deps, input: LoginInput): Promise<Tokens> {
  if (input.refreshToken === undefined) return loginByPassword(deps, input)
  if (input.authorization !== undefined) throw new Refusal('login_twofold')
  return loginByRefreshToken(deps, input, input.refreshToken)
}

async function loginByPassword(deps: Deps, input: LoginInput): Promise<Tokens> {
  const { username, password } = basicCredentials(input.authorization)
  const allowance = await deps.loginLimiter.attempt(username, input.address)
  if (allowance.kind === 'address_limited')
    throw new Refusal('logins_limited', { retryAfterSeconds: allowance.retryAfterSeconds })
  const user = await deps.users.find(username)
  // Always one verification, and nothing written: an unknown user, a limited account and a wrong password look and last
  // the same.
  const isRight = await deps.passwords.verify(user?.passwordHash, password)
  if (!isRight || user === undefined || allowance.kind !== 'allowed') {
    // Of an unknown user nothing is noted: what was typed there may be a password.
    throw new Refusal('login_failed', {
      detail: allowance.kind === 'allowed' ? undefined : 'account limited',
      userId: user?.userId,
    })
  }
  await deps.loginLimiter.succeeded(username, input.address)
  const principal: Principal = {
    userId: user.userId,
    signerId: user.signerId,
    clientId: input.clientId,
    familyId: randomUUID(),
  }
  const made = makeTokens(deps, input.isRemembered)
  await deps.sessions.start(principal, made.stored, deps.clock.now())
  const { requestId } = input
  await deps.audit.record({ ...principal, requestId, type: 'login', username, by: 'password' })
  return made.tokens
}

/**
 * A refresh token is used as often as its holder likes, until one is asked for in its place: from then on it is nobody's.
 * Whoever shows it again ends the login (RFC 9700 §4.14.2), since thief and victim cannot be told apart. One conditional
 * write decides which call replaced it, also between two that come at once: the other one is a reuse like any later one,
 * and the first gets nothing either if the login ended before its tokens were stored. A grace for calls at once would be
 * a thief's grace; a client that renews in several places leaves `isRemembered` out there.
 */
async function loginByRefreshToken(deps: Deps, input: LoginInput, refreshToken: string): Promise<Tokens> {
  if (!looksLikeToken(refreshToken)) throw new Refusal('refresh_token_malformed')
  const now = deps.clock.now()
  const hash = tokenHash(refreshToken)
  const found = await deps.sessions.find(hash)
  if (found?.kind !== 'refresh' || found.principal.clientId !== input.clientId)
    throw new Refusal('refresh_token_invalid')
  const { principal } = found
  if (found.isRevoked) return endReused(deps, input, principal)
  if (found.expiresAt <= now) throw new Refusal('refresh_token_invalid', { detail: 'expired' })
  if (input.isRemembered && !(await deps.sessions.revoke(hash, now))) return endReused(deps, input, principal)
  const made = makeTokens(deps, input.isRemembered)
  if (!(await deps.sessions.add(principal.familyId, made.stored, now)))
    throw new Refusal('refresh_token_invalid', { detail: 'the login has ended' })
  const { requestId } = input
  await deps.audit.record({ ...principal, requestId, type: 'login', username: '', by: 'refresh_token' })
  return made.tokens
}

/**
 * Ends the login of a refresh token that came again. The tokens first: unlike the caller of a revocation, this one will
 * not ask again when the SAM is away, and without a token of the login its SADs are of no use. Only the call that ended
 * it is journalled and asks the SAM: showing a dead token costs nobody anything.
 */
async function endReused(deps: Deps, input: LoginInput, principal: Principal): Promise<never> {
  const { requestId } = input
  if (await deps.sessions.end(principal.familyId, deps.clock.now())) {
    // Neither waits for the other: nobody comes a second time to do what is left.
    const outcomes = await Promise.allSettled([
      deps.audit.record({ ...principal, requestId, type: 'refresh-token-reused' }),
      deps.sam.voidSad({ requestId, familyId: principal.familyId }, undefined),
    ])
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }
  throw new Refusal('refresh_token_invalid', { detail: 'replaced or ended before' })
}

/** RFC 7617. */
function basicCredentials(authorization: string | undefined): { username: string; password: string } {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) throw new Refusal('login_malformed')
  const decoded = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon < 1) throw new Refusal('login_credentials_malformed')
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

function makeTokens(deps: Deps, isRemembered: boolean): { tokens: Tokens; stored: readonly NewToken[] } {
  const { accessSeconds, refreshSeconds } = deps.tokens
  const accessToken = newToken()
  const refreshToken = isRemembered ? newToken() : undefined
  const stored = (token: string, kind: TokenKind, seconds: number): NewToken => ({
    hash: tokenHash(token),
    kind,
    expiresAt: deps.clock.now() + seconds * 1000,
  })
  return {
    tokens: { accessToken, refreshToken, expiresInSeconds: accessSeconds },
    stored: [
      stored(accessToken, 'access', accessSeconds),
      ...(refreshToken === undefined ? [] : [stored(refreshToken, 'refresh', refreshSeconds)]),
    ],
  }
}
