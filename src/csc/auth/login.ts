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
 * token in the same family, and with `isRemembered` a new refresh token in place of the old one. Throws Refusal.
 */
export async function login(deps: Deps, input: LoginInput): Promise<Tokens> {
  if (input.refreshToken === undefined) return loginByPassword(deps, input)
  if (input.authorization !== undefined) throw new Refusal('login_twofold')
  return loginByRefreshToken(deps, input, input.refreshToken)
}

async function loginByPassword(deps: Deps, input: LoginInput): Promise<Tokens> {
  const { username, password } = basicCredentials(input.authorization)
  const allowance = await deps.loginLimiter.attempt(username, input.address)
  if (allowance === 'address_limited') throw new Refusal('logins_limited')
  const user = await deps.users.find(username)
  // Always one verification, and nothing written: an unknown user, a limited account and a wrong password look and last
  // the same.
  const isRight = await deps.passwords.verify(user?.passwordHash, password)
  if (!isRight || user === undefined || allowance !== 'allowed') {
    // Of an unknown user nothing is noted: what was typed there may be a password.
    throw new Refusal('login_failed', {
      detail: allowance === 'allowed' ? undefined : 'account limited',
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

async function loginByRefreshToken(deps: Deps, input: LoginInput, refreshToken: string): Promise<Tokens> {
  if (!looksLikeToken(refreshToken)) throw new Refusal('refresh_token_malformed')
  const now = deps.clock.now()
  const hash = tokenHash(refreshToken)
  const found = await deps.sessions.find(hash)
  const isUsable =
    found?.kind === 'refresh' &&
    found.principal.clientId === input.clientId &&
    !found.isRevoked &&
    found.expiresAt > now
  if (!isUsable) throw new Refusal('refresh_token_invalid')
  // Replaced: whoever comes second, a thief or the thief's victim, gets nothing.
  if (input.isRemembered && !(await deps.sessions.revoke(hash, now)))
    throw new Refusal('refresh_token_invalid')
  const made = makeTokens(deps, input.isRemembered)
  const { principal } = found
  if (!(await deps.sessions.add(principal.familyId, made.stored, now)))
    throw new Refusal('refresh_token_invalid')
  await deps.audit.record({
    ...principal,
    requestId: input.requestId,
    type: 'login',
    username: '',
    by: 'refresh_token',
  })
  return made.tokens
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
