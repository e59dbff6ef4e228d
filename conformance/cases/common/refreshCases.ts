import { altered } from '../../acts/altered.ts'
import { basicOf, freshLogin, isAlive, rememberedLogin, tokenOf } from '../../acts/login.ts'
import { post } from '../../acts/post.ts'
import { lifetimeOf, otherUser } from '../../acts/users.ts'
import { rowOf, row, rule, type CaseIn } from '../../case.ts'
import { answered, holds, refused, refusedAsOneOf, textIn } from '../../expect.ts'
import type { Trial } from '../../trial.ts'
import { shown, type Answer } from '../../wire/answer.ts'

const METHOD = 'auth/login'

/** `auth/login` with a refresh token; the same in both versions. */
export const REFRESH_CASES: readonly CaseIn[] = [
  rule({
    name: 'remember-me',
    rule: '`rememberMe` gives a refresh token, where the service has them.',
    run: async (trial) => {
      const { access, refresh } = await rememberedLogin(trial)
      holds(access !== refresh, 'access token and refresh token are the same')
    },
  }),
  rule({
    name: 'refresh',
    rule: 'A refresh token gives another access token, without name and password.',
    run: async (trial) => {
      const { access, refresh } = await rememberedLogin(trial)
      const other = textIn(answered(await withRefreshToken(trial, refresh)), 'access_token')
      holds(other !== access, 'the access token is the old one')
      holds(await isAlive(trial, other), 'the new access token is refused')
    },
  }),
  rule({
    name: 'refresh-with-header',
    level: 'SHOULD',
    rule: 'A refresh token comes without name and password: with both there are two answers to who logs in, and none is chosen.',
    run: async (trial) => {
      const { refresh } = await rememberedLogin(trial)
      const authorization = await basicOf(trial, trial.account.user)
      refused(await post(trial, METHOD, { refresh_token: refresh }, { authorization }))
    },
  }),
  row({
    row: 'refresh-token-malformed',
    rule: 'A refresh token is a text.',
    send: (trial) => post(trial, METHOD, { refresh_token: 17 }, { authorization: undefined }),
  }),
  rule({
    name: 'refresh-token-unknown',
    row: 'refresh-token-unknown',
    rule: 'A refresh token that was never given out is refused, as unknown or as one of a wrong format.',
    run: async (trial) => {
      const { refresh } = await rememberedLogin(trial)
      refusedAsOneOf(trial, await withRefreshToken(trial, altered(refresh)), readings(trial))
    },
  }),
  rule({
    name: 'access-token-as-refresh-token',
    rule: 'An access token is no refresh token.',
    run: async (trial) => {
      const { access } = await rememberedLogin(trial)
      refusedAsOneOf(trial, await withRefreshToken(trial, access), readings(trial))
    },
  }),
  rule({
    name: 'refresh-token-as-access-token',
    rule: 'A refresh token is no access token: the methods of the service refuse it with 401.',
    run: async (trial) => {
      const { refresh } = await rememberedLogin(trial)
      holds(!(await isAlive(trial, refresh)), 'credentials/list takes a refresh token')
    },
  }),
  rule({
    name: 'refresh-names-its-user',
    rule: 'The token that a refresh token gives is of the user who was given it.',
    run: async (trial) => {
      const own = await listOf(trial, await tokenOf(trial))
      const { refresh } = await rememberedLogin(trial, otherUser(trial))
      const access = textIn(answered(await withRefreshToken(trial, refresh)), 'access_token')
      const others = await listOf(trial, access)
      holds(own !== others, "the other user's refresh token lists the user's credentials")
    },
  }),
  rule({
    name: 'token-expires',
    rule: 'An access token is refused with 401 when its time is over.',
    waits: 'for an access token to expire',
    run: async (trial) => {
      const seconds = lifetimeOf(trial, 'token')
      const { access } = await freshLogin(trial)
      holds(await isAlive(trial, access), 'the token is refused before its time is over')
      await trial.wait(seconds + 1)
      const answer = await post(trial, 'credentials/list', {}, { authorization: `Bearer ${access}` })
      refused(answer)
      holds(answer.status === 401, `an expired token is a 401, got ${shown(answer)}`)
    },
  }),
]

function withRefreshToken(trial: Trial, refresh: string): Promise<Answer> {
  return post(trial, METHOD, { refresh_token: refresh }, { authorization: undefined })
}

function readings(trial: Trial): ReturnType<Trial['errors']['row']>[] {
  return ['refresh-token-unknown', 'refresh-token-malformed'].map((name) => rowOf(trial, METHOD, name))
}

async function listOf(trial: Trial, token: string): Promise<string> {
  return JSON.stringify(
    answered(await post(trial, 'credentials/list', {}, { authorization: `Bearer ${token}` })),
  )
}
