import { altered } from '../../acts/altered.ts'
import { without } from '../../acts/authorize.ts'
import { freshLogin, isAlive, rememberedLogin, tokenOf } from '../../acts/login.ts'
import { post } from '../../acts/post.ts'
import { prepare, SIGN_HASH, signed } from '../../acts/signHash.ts'
import { otherUser } from '../../acts/users.ts'
import { rowOf, row, rule, variants, type CaseIn } from '../../case.ts'
import { answered, answeredEmpty, holds, refused, refusedAs } from '../../expect.ts'
import type { Trial } from '../../trial.ts'
import { shown, type Answer } from '../../wire/answer.ts'
import { callerCases } from './callerCases.ts'
import { formCase } from './formCase.ts'

const METHOD = 'auth/revoke'

/** `auth/revoke`; the same in both versions. */
export const REVOKE_CASES: readonly CaseIn[] = [
  ...callerCases(async (trial) => ({ token: (await freshLogin(trial)).access })),
  rule({
    name: 'access-token',
    rule: 'A revoked access token is refused at once, with 401.',
    run: async (trial) => {
      const { access } = await freshLogin(trial)
      holds(await isAlive(trial, access), 'the token is refused before it was revoked')
      answeredEmpty(await revoke(trial, { token: access, token_type_hint: 'access_token' }))
      holds(!(await isAlive(trial, access)), 'the token is good after it was revoked')
    },
  }),
  rule({
    name: 'without-hint',
    rule: 'The kind of token needs not be told.',
    run: async (trial) => {
      const { access } = await freshLogin(trial)
      answeredEmpty(await revoke(trial, { token: access }))
      holds(!(await isAlive(trial, access)), 'the token is good after it was revoked')
    },
  }),
  rule({
    name: 'own-token',
    rule: 'A token can revoke itself.',
    run: async (trial) => {
      const { access } = await freshLogin(trial)
      const how = { authorization: `Bearer ${access}` }
      answeredEmpty(await post(trial, METHOD, { token: access }, how))
      holds(!(await isAlive(trial, access)), 'the token is good after it was revoked')
    },
  }),
  rule({
    name: 'access-token-leaves-refresh-token',
    rule: 'Revoking an access token does not end the refresh token of the same login.',
    run: async (trial) => {
      const { access, refresh } = await rememberedLogin(trial)
      answeredEmpty(await revoke(trial, { token: access, token_type_hint: 'access_token' }))
      answered(await refreshed(trial, refresh))
    },
  }),
  rule({
    name: 'refresh-token',
    rule: 'A revoked refresh token gives no more access tokens.',
    run: async (trial) => {
      const { refresh } = await rememberedLogin(trial)
      answeredEmpty(await revoke(trial, { token: refresh, token_type_hint: 'refresh_token' }))
      refused(await refreshed(trial, refresh))
    },
  }),
  rule({
    name: 'refresh-token-ends-access-tokens',
    rule: 'Revoking a refresh token ends every access token of the same login at once.',
    run: async (trial) => {
      const { access, refresh } = await rememberedLogin(trial)
      holds(await isAlive(trial, access), 'the access token is refused before the revocation')
      answeredEmpty(await revoke(trial, { token: refresh }))
      holds(!(await isAlive(trial, access)), 'the access token outlives its refresh token')
    },
  }),
  rule({
    name: 'other-login-lives',
    rule: 'Revoking the tokens of one login ends none of another.',
    run: async (trial) => {
      const [one, other] = [await freshLogin(trial), await freshLogin(trial)]
      answeredEmpty(await revoke(trial, { token: one.access }))
      holds(await isAlive(trial, other.access), 'the token of another login ended, too')
    },
  }),
  rule({
    name: 'hint-of-the-other-kind',
    rule: 'With a hint of the other kind the token is found all the same and ends, or is refused and lives.',
    attacks: ['A18'],
    run: async (trial) => {
      const { access } = await freshLogin(trial)
      const answer = await revoke(trial, { token: access, token_type_hint: 'refresh_token' })
      const lives = await isAlive(trial, access)
      trial.note(`seen: ${answer.status}, and the token ${lives ? 'lives' : 'ended'}`)
      if (answer.status === 204) holds(!lives, 'the answer is 204, and the token is good')
      else {
        refused(answer)
        holds(lives, 'the call is refused, and the token ended')
      }
    },
  }),
  rule({
    name: 'twice',
    rule: 'Revoking a token again changes nothing: it is refused as invalid, or answered as the first time.',
    run: async (trial) => {
      const { access } = await freshLogin(trial)
      answeredEmpty(await revoke(trial, { token: access }))
      const again = await revoke(trial, { token: access })
      trial.note(`seen: ${again.status}`)
      if (again.status !== 204) refusedAs(trial, again, rowOf(trial, METHOD, 'token-invalid'))
      holds(!(await isAlive(trial, access)), 'the token lives again')
    },
  }),
  rule({
    name: 'foreign-token',
    rule: "Nobody ends another user's token.",
    attacks: ['A18'],
    run: async (trial) => {
      const { access } = await freshLogin(trial, otherUser(trial))
      const answer = await revoke(trial, { token: access })
      holds(answer.status < 500, `expected a refusal or 204, got ${shown(answer)}`)
      holds(await isAlive(trial, access), "the other user's token was revoked")
    },
  }),
  rule({
    name: 'sad',
    level: 'SHOULD',
    rule: 'A SAD can be revoked, and then signs nothing.',
    run: async (trial) => {
      const { sad, body } = await prepare(trial)
      answeredEmpty(await revoke(trial, { token: sad }))
      refused(await post(trial, SIGN_HASH, body))
    },
  }),
  rule({
    name: 'foreign-sad',
    rule: "Nobody ends another user's SAD.",
    attacks: ['A18'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      const answer = await post(trial, METHOD, { token: prepared.sad }, { as: otherUser(trial) })
      holds(answer.status < 500, `expected a refusal or 204, got ${shown(answer)}`)
      await signed(trial, prepared)
    },
  }),
  row({
    row: 'token-missing',
    rule: 'Without a token there is nothing to revoke.',
    send: async (trial) => revoke(trial, without({ token: 'x' }, 'token')),
  }),
  variants({
    name: 'token-no-text',
    row: 'token-missing',
    rule: 'A token is a text.',
    send: (trial) =>
      Promise.all([17, true, ['a'], { a: 'b' }, null].map((token) => revoke(trial, { token }))),
  }),
  row({
    row: 'hint-invalid',
    rule: 'The hint is access_token or refresh_token.',
    send: async (trial) =>
      revoke(trial, { token: (await freshLogin(trial)).access, token_type_hint: 'id_token' }),
  }),
  row({
    row: 'token-invalid',
    rule: 'A token that was never given out cannot be revoked.',
    send: async (trial) => revoke(trial, { token: altered((await freshLogin(trial)).access) }),
  }),
  rule({
    name: 'optional-members',
    level: 'SHOULD',
    rule: '`null` stands for an optional member that is not given; clientData is any text.',
    run: async (trial) => {
      const { access } = await freshLogin(trial)
      answeredEmpty(await revoke(trial, { token: access, token_type_hint: null, clientData: 'case 17' }))
    },
  }),
  formCase({ bad: async (trial) => revoke(trial, { token: altered(await tokenOf(trial)) }) }),
]

function revoke(trial: Trial, body: object): Promise<Answer> {
  return post(trial, METHOD, body)
}

function refreshed(trial: Trial, refresh: string): Promise<Answer> {
  return post(trial, 'auth/login', { refresh_token: refresh }, { authorization: undefined })
}
