import { basicOf, login } from '../../acts/login.ts'
import { post } from '../../acts/post.ts'
import { casesOf, row, rule } from '../../case.ts'
import { answered, holds, textIn } from '../../expect.ts'
import { at } from '../../json.ts'

const METHOD = 'auth/login'

export const authLogin = casesOf({ version: 'v1', method: METHOD, clause: '11.2' }, [
  rule({
    name: 'with-password',
    rule: 'Basic credentials of a user give an access token.',
    run: async (trial) => {
      textIn(answered(await login(trial, trial.account.user, {})), 'access_token')
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
  row({
    row: 'header-malformed',
    rule: 'Without a Basic header and without a refresh token there is nothing to log in with.',
    send: (trial) => post(trial, METHOD, {}, { authorization: undefined }),
  }),
  row({
    row: 'credentials-malformed',
    rule: 'What a Basic header holds must be a name, a colon and a password.',
    send: (trial) =>
      post(trial, METHOD, {}, { authorization: `Basic ${Buffer.from('no colon').toString('base64')}` }),
  }),
  row({
    row: 'login-failed',
    rule: 'A wrong password is refused.',
    attacks: ['A17'],
    send: async (trial) => {
      const right = Buffer.from((await basicOf(trial, trial.account.user)).slice(6), 'base64').toString()
      const wrong = Buffer.from(`${right}, not`).toString('base64')
      return post(trial, METHOD, {}, { authorization: `Basic ${wrong}` })
    },
  }),
])
