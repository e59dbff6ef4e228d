import { casesOf, rule } from '../../case.ts'
import { holds, textIn } from '../../expect.ts'
import { at, textAt, textsAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import { infoOf } from '../../run/offers.ts'
import { INFO_CASES } from '../common/infoCases.ts'

export const INFO_SECTION = { version: 'v2', method: 'info', clause: '11.1' } as const

const AUTHORIZATION_SERVERS = ['oauth2', 'oauth2Issuer', 'oauth2Servers']

export const info = casesOf(INFO_SECTION, [
  ...INFO_CASES,
  rule({
    name: 'specs',
    rule: 'specs is the version of the text, four numbers, of which the first is 2.',
    run: async (trial) => {
      const specs = textIn(await infoOf(trial), 'specs')
      holds(/^2\.\d+\.\d+\.\d+$/.test(specs), `specs is ${specs}`)
      trial.note(`seen: specs ${specs}`)
    },
  }),
  rule({
    name: 'authorization-server',
    rule: 'A service with OAuth names its authorization server in exactly one way: oauth2, oauth2Issuer, or since 2.1 oauth2Servers.',
    run: async (trial) => {
      const body = await infoOf(trial)
      const named = AUTHORIZATION_SERVERS.filter((name) => at(body, name) !== undefined)
      const types = textsAt(body, 'authType').filter((one) => one.startsWith('oauth2'))
      if (types.length === 0 && named.length === 0)
        throw new NotOffered('`authType` has neither oauth2code nor oauth2client')
      holds(named.length === 1, `the members are: ${named.join(', ') || 'none'}`)
      trial.note(`seen: ${named.join()}`)
    },
  }),
  rule({
    name: 'authorization-server-uri',
    rule: 'oauth2 and oauth2Issuer are absolute URIs of https.',
    run: async (trial) => {
      const body = await infoOf(trial)
      const uri = textAt(body, 'oauth2') ?? textAt(body, 'oauth2Issuer')
      if (uri === undefined) throw new NotOffered('`info` has neither oauth2 nor oauth2Issuer')
      holds(URL.canParse(uri) && new URL(uri).protocol === 'https:', `it is ${uri}`)
    },
  }),
  rule({
    name: 'asynchronous-mode',
    rule: 'asynchronousOperationMode, where it is given, is true or false.',
    run: async (trial) => {
      const mode = at(await infoOf(trial), 'asynchronousOperationMode')
      holds(mode === undefined || typeof mode === 'boolean', `it is ${JSON.stringify(mode)}`)
    },
  }),
  rule({
    name: 'asynchronous-mode-polls',
    level: 'SHOULD',
    rule: 'A service that signs asynchronously has signatures/signPolling, where the outcome is asked for.',
    run: async (trial) => {
      const body = await infoOf(trial)
      if (at(body, 'asynchronousOperationMode') !== true)
        throw new NotOffered('`asynchronousOperationMode` is not true')
      const methods = textsAt(body, 'methods')
      holds(methods.includes('signatures/signPolling'), 'methods does not name signatures/signPolling')
    },
  }),
  rule({
    name: 'validation-info',
    rule: 'validationInfo, where it is given, is true or false.',
    run: async (trial) => {
      const given = at(await infoOf(trial), 'validationInfo')
      holds(given === undefined || typeof given === 'boolean', `it is ${JSON.stringify(given)}`)
    },
  }),
])
