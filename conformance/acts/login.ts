import type { User } from '../account/account.ts'
import { secretIn } from '../account/secretIn.ts'
import { answered, holds, textIn } from '../expect.ts'
import { numberAt, textAt } from '../json.ts'
import { NotOffered, NotRun } from '../outcome.ts'
import type { Trial } from '../trial.ts'
import { shown, type Answer } from '../wire/answer.ts'

const DEFAULT_SECONDS = 3600
/** A case does not begin with a token of which less than half its life is left, or less than this. */
const MARGIN_SECONDS = 60

/** The Authorization header of a user's calls; undefined where TLS or the network says who one is. */
export async function authorizationOf(
  trial: Trial,
  user: User = trial.account.user,
): Promise<string | undefined> {
  return 'none' in user.authentication ? undefined : `Bearer ${await tokenOf(trial, user)}`
}

/** A service token of the user: one for the whole case, since what is authorized may belong to the login. */
export async function tokenOf(trial: Trial, user: User = trial.account.user): Promise<string> {
  const { authentication } = user
  if ('bearer' in authentication)
    return masked(trial, await secretIn(authentication.bearer.tokenFile), 'token')
  const key = tokenKey(user)
  const held = trial.held.get(key)
  if (isToken(held) && held.ends > Date.now()) return held.value
  const learned = trial.learned.get(key)
  const token =
    isToken(learned) && learned.ends - learned.margin > Date.now() ? learned : await newToken(trial, user)
  trial.learned.set(key, token)
  trial.held.set(key, token)
  return token.value
}

interface Token {
  readonly value: string
  /** When, in milliseconds since 1970. */
  readonly ends: number
  /** Milliseconds. */
  readonly margin: number
}

async function newToken(trial: Trial, user: User): Promise<Token> {
  const body = answered(await login(trial, user, {}))
  const seconds = numberAt(body, 'expires_in') ?? DEFAULT_SECONDS
  const margin = Math.min(seconds / 2, MARGIN_SECONDS)
  return {
    value: textIn(body, 'access_token'),
    ends: Date.now() + seconds * 1000,
    margin: margin * 1000,
  }
}

/** What one login gave. */
export interface Tokens {
  readonly access: string
  readonly refresh: string | undefined
}

/** A login of its own, which a case may end. Throws NotRun for a user without a password. */
export async function freshLogin(
  trial: Trial,
  user: User = trial.account.user,
  members: object = {},
): Promise<Tokens> {
  const body = answered(await login(trial, user, members))
  return { access: textIn(body, 'access_token'), refresh: textAt(body, 'refresh_token') }
}

/** A login with a refresh token. Throws NotOffered when `rememberMe` gives none. */
export async function rememberedLogin(
  trial: Trial,
  user: User = trial.account.user,
): Promise<{ readonly access: string; readonly refresh: string }> {
  const { access, refresh } = await freshLogin(trial, user, { rememberMe: true })
  if (refresh === undefined) throw new NotOffered('`rememberMe` gives no refresh token')
  return { access, refresh }
}

/** Whether the service still takes an access token. Throws Refuted for an answer that says neither. */
export async function isAlive(trial: Trial, token: string): Promise<boolean> {
  const answer = await trial.send({
    verb: 'POST',
    path: 'credentials/list',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: '{}',
  })
  holds(
    answer.status === 200 || answer.status === 401,
    `a token is good (200) or not (401), got ${shown(answer)}`,
  )
  return answer.status === 200
}

/** Has the next call log in anew: a case that waits needs a token that outlives the wait, since a SAD may belong to it. */
export function dropToken(trial: Trial, user: User = trial.account.user): void {
  trial.learned.delete(tokenKey(user))
  trial.held.delete(tokenKey(user))
}

function tokenKey({ authentication }: User): string {
  return `token of ${JSON.stringify(authentication)}`
}

/** `auth/login` with the user's password and these members. Throws NotRun for a user without one. */
export async function login(trial: Trial, user: User, body: object): Promise<Answer> {
  return trial.send({
    verb: 'POST',
    path: 'auth/login',
    headers: { 'content-type': 'application/json', authorization: await basicOf(trial, user) },
    body: JSON.stringify(body),
  })
}

/** The header of `auth/login`. Throws NotRun for a user without a password. */
export async function basicOf(trial: Trial, { authentication }: User): Promise<string> {
  if (!('basic' in authentication)) throw new NotRun('a user with a password (`authentication.basic`)')
  const password = masked(trial, await secretIn(authentication.basic.passwordFile), 'password')
  const pair = Buffer.from(`${authentication.basic.username}:${password}`).toString('base64')
  return `Basic ${masked(trial, pair, 'name and password')}`
}

function masked(trial: Trial, secret: string, name: string): string {
  trial.secrets.add(secret, name)
  return secret
}

function isToken(kept: unknown): kept is Token {
  return typeof kept === 'object' && kept !== null && 'value' in kept && 'ends' in kept
}
