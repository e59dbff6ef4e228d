import { isAlive, login } from '../../acts/login.ts'
import { basicOf, freshLogin } from '../../acts/login.ts'
import { post } from '../../acts/post.ts'
import { rowOf, row, rule, variants, type CaseIn } from '../../case.ts'
import { formCase } from './formCase.ts'
import { answered, holds, refused, refusedAs, refusedAsOneOf, textIn } from '../../expect.ts'
import { at } from '../../json.ts'
import type { Trial } from '../../trial.ts'
import type { Answer } from '../../wire/answer.ts'
import { shown } from '../../wire/answer.ts'

const METHOD = 'auth/login'

/** `auth/login` with a password; the same in both versions. */
export const LOGIN_CASES: readonly CaseIn[] = [
  rule({
    name: 'with-password',
    rule: 'Basic credentials of a user give an access token.',
    run: async (trial) => {
      textIn(answered(await login(trial, trial.account.user, {})), 'access_token')
    },
  }),
  rule({
    name: 'token-works',
    rule: 'The access token is good for the methods of the service at once.',
    run: async (trial) => {
      const { access } = await freshLogin(trial)
      holds(await isAlive(trial, access), 'credentials/list refuses the token that auth/login has just given')
    },
  }),
  rule({
    name: 'lifetime',
    rule: 'expires_in, where it is given, is a whole number of seconds.',
    run: async (trial) => {
      const seconds = at(answered(await login(trial, trial.account.user, {})), 'expires_in')
      if (seconds === undefined) trial.note('expires_in is left out, which means 3600')
      else holds(Number.isInteger(seconds) && Number(seconds) > 0, `expires_in is ${JSON.stringify(seconds)}`)
    },
  }),
  rule({
    name: 'no-refresh-token-unasked',
    rule: 'Without `rememberMe` there is no refresh token.',
    run: async (trial) => {
      const body = answered(await login(trial, trial.account.user, {}))
      holds(at(body, 'refresh_token') === undefined, 'a refresh token came that nobody asked for')
    },
  }),
  rule({
    name: 'no-refresh-token-declined',
    rule: 'With `rememberMe` false there is no refresh token.',
    run: async (trial) => {
      const body = answered(await login(trial, trial.account.user, { rememberMe: false }))
      holds(at(body, 'refresh_token') === undefined, 'a refresh token came that was declined')
    },
  }),
  rule({
    name: 'optional-members',
    level: 'SHOULD',
    rule: '`null` stands for an optional member that is not given; clientData is any text.',
    run: async (trial) => {
      const members = { rememberMe: null, refresh_token: null, clientData: 'case 17' }
      textIn(answered(await login(trial, trial.account.user, members)), 'access_token')
    },
  }),
  row({
    row: 'header-malformed',
    rule: 'Without a Basic header and without a refresh token there is nothing to log in with.',
    send: (trial) => post(trial, METHOD, {}, { authorization: undefined }),
  }),
  variants({
    name: 'header-other-scheme',
    row: 'header-malformed',
    rule: 'A header of another scheme than Basic is no login.',
    send: async (trial) => {
      const headers = ['Bearer bm9ib2R5', 'Basic', 'Negotiate YWJj']
      return Promise.all(headers.map((authorization) => post(trial, METHOD, {}, { authorization })))
    },
  }),
  rule({
    name: 'header-no-base64',
    rule: 'What follows Basic must be base64: the header is malformed, or the pair in it is.',
    run: async (trial) => {
      const answer = await post(trial, METHOD, {}, { authorization: 'Basic ****' })
      refusedAsOneOf(trial, answer, [
        rowOf(trial, METHOD, 'header-malformed'),
        rowOf(trial, METHOD, 'credentials-malformed'),
      ])
    },
  }),
  rule({
    name: 'scheme-in-other-case',
    level: 'SHOULD',
    rule: 'The name of the scheme may be written in any case (RFC 9110 §11.1).',
    run: async (trial) => {
      const authorization = (await basicOf(trial, trial.account.user)).replace('Basic', 'basic')
      answered(await post(trial, METHOD, {}, { authorization }))
    },
  }),
  row({
    row: 'credentials-malformed',
    rule: 'What a Basic header holds must be a name, a colon and a password.',
    send: (trial) => post(trial, METHOD, {}, { authorization: basic('no colon') }),
  }),
  row({
    row: 'login-failed',
    rule: 'A wrong password is refused.',
    attacks: ['A17'],
    send: (trial) => wrongPassword(trial),
  }),
  rule({
    name: 'unknown-user',
    rule: 'An unknown name is answered exactly as a wrong password.',
    attacks: ['A17'],
    run: async (trial) => {
      const unknown = await post(trial, METHOD, {}, { authorization: basic('nobody-of-this-name:password') })
      refusedAs(trial, unknown, rowOf(trial, METHOD, 'login-failed'))
      const wrong = await wrongPassword(trial)
      const differs = ['error', 'error_description'].find(
        (name) => at(wrong.json, name) !== at(unknown.json, name),
      )
      holds(
        wrong.status === unknown.status && differs === undefined,
        `unknown name: ${shown(unknown)}; wrong password: ${shown(wrong)}`,
      )
    },
  }),
  rule({
    name: 'empty-password',
    rule: 'An empty password lets nobody in.',
    run: async (trial) => {
      const [name] = (await pairOf(trial)).split(':')
      refused(await post(trial, METHOD, {}, { authorization: basic(`${name ?? ''}:`) }))
    },
  }),
  rule({
    name: 'password-in-other-case',
    rule: 'A password is compared letter by letter.',
    run: async (trial) => {
      const pair = await pairOf(trial)
      const colon = pair.indexOf(':')
      const password = pair.slice(colon + 1)
      const changed = [password.toUpperCase(), password.toLowerCase(), `${password} `, ` ${password}`]
      for (const one of changed.filter((text) => text !== password).slice(0, 2))
        refused(await post(trial, METHOD, {}, { authorization: basic(`${pair.slice(0, colon)}:${one}`) }))
      await freshLogin(trial)
    },
  }),
  formCase({
    good: (trial) => login(trial, trial.account.user, {}),
    bad: (trial) => wrongPassword(trial),
  }),
]

function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

/** Name and password, with the colon. */
async function pairOf(trial: Trial): Promise<string> {
  return Buffer.from((await basicOf(trial, trial.account.user)).slice(6), 'base64').toString()
}

async function wrongPassword(trial: Trial): Promise<Answer> {
  return post(trial, METHOD, {}, { authorization: basic(`${await pairOf(trial)}, not`) })
}
