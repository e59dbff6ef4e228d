import { pictureAt } from '../../acts/picture.ts'
import { post } from '../../acts/post.ts'
import { casesOf, rule } from '../../case.ts'
import { answered, holds, textIn } from '../../expect.ts'
import { at, textAt, textsAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import { infoOf } from '../../run/offers.ts'
import type { Trial } from '../../trial.ts'
import { shown } from '../../wire/answer.ts'
import { wellFormed } from '../../acts/form.ts'

const METHOD = 'info'
const AUTH_TYPES = ['external', 'TLS', 'basic', 'digest', 'oauth2code', 'oauth2client']
const METHODS = [
  'info',
  'auth/login',
  'auth/revoke',
  'credentials/list',
  'credentials/info',
  'credentials/authorize',
  'credentials/extendTransaction',
  'credentials/sendOTP',
  'signatures/signHash',
  'signatures/timestamp',
  'oauth2/authorize',
  'oauth2/token',
  'oauth2/revoke',
]
/** Language, script, region and variants of RFC 5646, without its rarer parts. */
const LANGUAGE = /^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?(-[A-Za-z0-9]{5,8})*$/

export const info = casesOf({ version: 'v1', method: METHOD, clause: '11.1' }, [
  rule({
    name: 'without-token',
    rule: 'Anybody may ask: no Authorization header is needed.',
    run: async (trial) => {
      answered(await post(trial, METHOD, {}, { authorization: undefined }))
    },
  }),
  rule({
    name: 'members',
    rule: 'The answer has specs, name, logo, region, lang and description as texts, authType and methods as lists of texts.',
    run: async (trial) => {
      const body = await infoOf(trial)
      for (const name of ['specs', 'name', 'logo', 'region', 'lang']) textIn(body, name)
      holds(textAt(body, 'description') !== undefined, 'the member description is missing, or no text')
      for (const name of ['authType', 'methods']) textsOnly(body, name)
    },
  }),
  rule({
    name: 'specs',
    rule: 'specs is the version of the text, four numbers: 1.0.3.0, which the text of 1.0.4.0 still asks for, or 1.0.4.0.',
    run: async (trial) => {
      const specs = textIn(await infoOf(trial), 'specs')
      holds(['1.0.3.0', '1.0.4.0'].includes(specs), `specs is ${specs}`)
      trial.note(`seen: specs ${specs}`)
    },
  }),
  rule({
    name: 'logo',
    rule: 'logo is where anybody gets a PNG or JPEG of at most 256 by 256 pixels.',
    run: async (trial) => {
      const logo = textIn(await infoOf(trial), 'logo')
      holds(/^https?:\/\//.test(logo) && URL.canParse(logo), `logo is ${logo}, no URI that can be fetched`)
      const { kind, width, height } = await pictureAt(trial, logo)
      holds(width <= 256 && height <= 256, `the ${kind} is ${width} by ${height} pixels`)
    },
  }),
  rule({
    name: 'region',
    rule: 'region is a country of ISO 3166-1, two capital letters.',
    run: async (trial) => {
      const region = textIn(await infoOf(trial), 'region')
      holds(/^[A-Z]{2}$/.test(region), `region is ${region}`)
    },
  }),
  rule({
    name: 'language',
    rule: 'lang is a language tag of RFC 5646.',
    run: async (trial) => {
      const lang = textIn(await infoOf(trial), 'lang')
      holds(LANGUAGE.test(lang), `lang is ${lang}`)
    },
  }),
  rule({
    name: 'language-not-there',
    rule: 'Who asks for a language that the service does not speak gets an answer, whose lang says which one it is in.',
    run: async (trial) => {
      const body = answered(await post(trial, METHOD, { lang: 'tlh' }, { authorization: undefined }))
      const lang = textIn(body, 'lang')
      holds(LANGUAGE.test(lang), `lang is ${lang}`)
    },
  }),
  rule({
    name: 'language-asked-for',
    rule: 'Who asks for the language of the answer gets that one.',
    run: async (trial) => {
      const lang = textIn(await infoOf(trial), 'lang')
      const body = answered(await post(trial, METHOD, { lang }, { authorization: undefined }))
      const got = textIn(body, 'lang')
      holds(got.toLowerCase() === lang.toLowerCase(), `asked for ${lang}, got ${got}`)
    },
  }),
  rule({
    name: 'lengths',
    rule: 'name and description have at most 255 characters.',
    run: async (trial) => {
      const body = await infoOf(trial)
      for (const name of ['name', 'description']) {
        const { length } = Array.from(textAt(body, name) ?? '')
        holds(length <= 255, `${name} has ${length} characters`)
      }
    },
  }),
  rule({
    name: 'auth-types',
    rule: 'authType names one or more of the ways of the standard to be let in, each once.',
    run: async (trial) => {
      const types = textsAt(await infoOf(trial), 'authType')
      holds(types.length > 0, 'authType is empty')
      const other = types.find((one) => !AUTH_TYPES.includes(one))
      holds(other === undefined, `authType has ${other ?? ''}`)
      holds(new Set(types).size === types.length, `authType has one twice: ${types.join(', ')}`)
    },
  }),
  rule({
    name: 'methods',
    rule: 'methods has names of methods, each once.',
    run: async (trial) => {
      const methods = textsAt(await infoOf(trial), 'methods')
      holds(new Set(methods).size === methods.length, `methods has one twice: ${methods.join(', ')}`)
      const others = methods.filter((one) => !METHODS.includes(one))
      if (others.length > 0) trial.note(`not of the standard: ${others.join(', ')}`)
    },
  }),
  rule({
    name: 'methods-are-there',
    rule: 'What methods names is there: nothing of it is answered as unknown or not implemented.',
    run: async (trial) => {
      for (const method of await ownMethods(trial)) {
        const answer = await post(trial, method, {}, { authorization: undefined })
        holds(![404, 405, 501].includes(answer.status), `${method}: ${shown(answer)}`)
      }
    },
  }),
  rule({
    name: 'login-is-named',
    rule: 'A service that takes Basic or Digest has auth/login, since that is where they are shown.',
    run: async (trial) => {
      const body = await infoOf(trial)
      const takesPasswords = textsAt(body, 'authType').some((one) => one === 'basic' || one === 'digest')
      if (!takesPasswords) throw new NotOffered('`authType` has neither basic nor digest')
      holds(textsAt(body, 'methods').includes('auth/login'), 'methods does not name auth/login')
    },
  }),
  rule({
    name: 'oauth2',
    rule: 'A service with OAuth names the base URI of its authorization server in oauth2.',
    run: async (trial) => {
      const body = await infoOf(trial)
      const types = textsAt(body, 'authType').filter((one) => one.startsWith('oauth2'))
      if (types.length === 0 && at(body, 'oauth2') === undefined)
        throw new NotOffered('`authType` has neither oauth2code nor oauth2client')
      const oauth2 = textIn(body, 'oauth2')
      holds(URL.canParse(oauth2), `oauth2 is ${oauth2}, no URI`)
      if (/\/oauth2\/authorize\/?$/.test(oauth2))
        trial.warn('oauth2 is the whole URI of oauth2/authorize, where the text asks for the base')
    },
  }),
  rule({
    name: 'answer-form',
    rule: 'The answer is a JSON object of type application/json without `null` members.',
    run: async (trial) => {
      wellFormed(await post(trial, METHOD, {}, { authorization: undefined }))
    },
  }),
])

function textsOnly(body: unknown, name: string): void {
  const list = at(body, name)
  holds(
    Array.isArray(list) && list.every((one) => typeof one === 'string'),
    `the member ${name} is missing, or no list of texts`,
  )
}

/** Those below the base URI: the OAuth endpoints may be anywhere. */
async function ownMethods(trial: Trial): Promise<readonly string[]> {
  const methods = textsAt(await infoOf(trial), 'methods')
  return methods.filter((one) => METHODS.includes(one) && !one.startsWith('oauth2/'))
}
