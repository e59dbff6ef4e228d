import { pictureAt } from '../../acts/picture.ts'
import { post } from '../../acts/post.ts'
import { rule, type CaseIn } from '../../case.ts'
import { answered, holds, textIn } from '../../expect.ts'
import { at, textAt, textsAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import { infoOf } from '../../run/offers.ts'
import type { ApiVersion } from '../../section.ts'
import type { Trial } from '../../trial.ts'
import { shown } from '../../wire/answer.ts'
import { wellFormed } from '../../acts/form.ts'

const METHOD = 'info'
const AUTH_TYPES = ['external', 'TLS', 'basic', 'digest', 'oauth2code', 'oauth2client']
const COMMON_METHODS = [
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
const METHODS: Readonly<Record<ApiVersion, readonly string[]>> = {
  v1: COMMON_METHODS,
  v2: [
    ...COMMON_METHODS,
    'credentials/authorizeCheck',
    'credentials/getChallenge',
    'signatures/signDoc',
    'signatures/signPolling',
    'oauth2/pushed_authorize',
    // Since 2.2.
    'credentials/create',
    'credentials/delete',
  ],
}
/** Language, script, region and variants of RFC 5646, without its rarer parts. */
const LANGUAGE = /^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?(-[A-Za-z0-9]{5,8})*$/

/** `info`, as far as it is the same in both versions. */
export const INFO_CASES: readonly CaseIn[] = [
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
      const others = methods.filter((one) => !METHODS[trial.version].includes(one))
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
    name: 'answer-form',
    rule: 'The answer is a JSON object of type application/json without `null` members.',
    run: async (trial) => {
      wellFormed(await post(trial, METHOD, {}, { authorization: undefined }))
    },
  }),
]

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
  return methods.filter((one) => METHODS[trial.version].includes(one) && !one.startsWith('oauth2/'))
}
