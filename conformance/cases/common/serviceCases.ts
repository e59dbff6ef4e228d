import { wellRefused } from '../../acts/form.ts'
import { authorizationOf, freshLogin, isAlive } from '../../acts/login.ts'
import { post } from '../../acts/post.ts'
import { lifetimeOf } from '../../acts/users.ts'
import { rule, type CaseIn } from '../../case.ts'
import { answered, holds, refused } from '../../expect.ts'
import { shown, type Answer } from '../../wire/answer.ts'
import { needsToken } from './callerCases.ts'

const LIST = 'credentials/list'
const LONG = 8 * 1024 * 1024

/** What holds for all methods, seen at credentials/list, which every service with credentials has. */
export const TRANSPORT_CASES: readonly CaseIn[] = [
  rule({
    name: 'other-content-type',
    level: 'SHOULD',
    rule: 'Requests are application/json: another type is refused.',
    attacks: ['W04'],
    run: async (trial) => {
      for (const contentType of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/xml',
        undefined,
      ])
        refused(await post(trial, LIST, '{}', { contentType }))
    },
  }),
  rule({
    name: 'content-type-with-charset',
    rule: 'application/json may have the parameter charset=utf-8, and any case.',
    run: async (trial) => {
      for (const contentType of ['application/json; charset=utf-8', 'Application/JSON;charset=UTF-8'])
        answered(await post(trial, LIST, {}, { contentType }))
    },
  }),
  rule({
    name: 'other-verbs',
    level: 'SHOULD',
    rule: 'Methods are POST: other verbs do nothing.',
    attacks: ['W04'],
    run: async (trial) => {
      for (const verb of ['GET', 'PUT', 'DELETE', 'PATCH']) {
        const answer = await post(trial, LIST, {}, { verb })
        holds(
          answer.status >= 400 && answer.status < 500,
          `${verb}: expected a refusal, got ${shown(answer)}`,
        )
      }
    },
  }),
  bad('no-json', 'A body that is no JSON is refused.', ['{', 'hello', "{'a':1}", '{"a":1} x', '\u0000']),
  bad('no-object', 'A body is a JSON object: a list, a text, a number or null is none.', [
    '[]',
    '[{}]',
    '"a"',
    '17',
    'null',
    'true',
  ]),
  rule({
    name: 'member-twice',
    level: 'SHOULD',
    rule: 'A member that comes twice is refused: the error table of clause 10 says so of parameters.',
    attacks: ['A07'],
    run: async (trial) => {
      refused(await post(trial, LIST, '{"maxResults":1,"maxResults":2}'))
    },
  }),
  rule({
    name: 'deep-nesting',
    rule: 'A body that is nested 100 000 deep is refused or ignored, and the service lives.',
    attacks: ['W02'],
    run: async (trial) => {
      const deep = `{"clientData":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
      boundedBy(await post(trial, LIST, deep))
      answered(await post(trial, LIST, {}))
    },
  }),
  rule({
    name: 'long-body',
    rule: 'A body of 8 MB is refused or ignored, and the service lives.',
    attacks: ['W02'],
    run: async (trial) => {
      boundedBy(await post(trial, LIST, JSON.stringify({ clientData: 'x'.repeat(LONG) })))
      answered(await post(trial, LIST, {}))
    },
  }),
  rule({
    name: 'huge-numbers',
    rule: 'A number that no computer counts to is refused, or taken as out of range.',
    attacks: ['W02'],
    run: async (trial) => {
      for (const number of ['1e309', '-1e309', '9'.repeat(1000), '1e-400'])
        boundedBy(await post(trial, LIST, `{"maxResults":${number}}`))
      answered(await post(trial, LIST, {}))
    },
  }),
  rule({
    name: 'no-utf-8',
    level: 'SHOULD',
    rule: 'JSON is UTF-8: other bytes are refused.',
    run: async (trial) => {
      const body = Buffer.from('{"clientData":"\u00ff"}', 'latin1')
      const usual = await authorizationOf(trial)
      const headers = { 'content-type': 'application/json', ...(usual && { authorization: usual }) }
      refused(await trial.send({ verb: 'POST', path: LIST, headers, body }))
    },
  }),
  rule({
    name: 'prototype-members',
    rule: 'Members such as __proto__ and constructor are members like any other.',
    attacks: ['H13'],
    run: async (trial) => {
      boundedBy(
        await post(trial, LIST, '{"__proto__":{"credentialInfo":true},"constructor":{"prototype":{}}}'),
      )
      answered(await post(trial, LIST, {}))
    },
  }),
  rule({
    name: 'unknown-members',
    level: 'SHOULD',
    rule: 'Members that the service does not know are ignored.',
    run: async (trial) => {
      answered(await post(trial, LIST, { someOtherMember: { deep: [1, null] }, x: null }))
    },
  }),
]

/** Clause 10: who is let in, and what is said to who is not. */
export const ERROR_CASES: readonly CaseIn[] = [
  rule({
    name: 'unknown-method',
    rule: 'A method that does not exist is refused with an error object, and tells nothing of the program.',
    run: async (trial) => {
      for (const method of ['credentials/nothing', 'nothing', 'credentials', '../nothing']) {
        const answer = await post(trial, method, {})
        holds(answer.status >= 400 && answer.status !== 500, `${method}: ${shown(answer)}`)
        wellRefused(answer)
      }
    },
  }),
  rule({
    name: 'malformed-headers',
    rule: 'A Bearer header without a token, or with two, is refused.',
    run: async (trial) => {
      needsToken(trial)
      const { access } = await freshLogin(trial)
      const headers = ['Bearer', 'Bearer ', `Bearer${access}`, access, `Bearer ${access} ${access}`]
      for (const authorization of [...headers, `Bearer ${access}, Bearer ${access}`, ''])
        refused(await post(trial, LIST, {}, { authorization }))
    },
  }),
  rule({
    name: 'long-header',
    rule: 'A token of 64 KB is refused, and the service lives.',
    attacks: ['W02'],
    run: async (trial) => {
      needsToken(trial)
      const answer = await post(trial, LIST, {}, { authorization: `Bearer ${'A'.repeat(65_536)}` })
      holds(answer.status >= 400 && answer.status < 500, `got ${shown(answer)}`)
      answered(await post(trial, LIST, {}))
    },
  }),
  rule({
    name: 'token-in-other-places',
    rule: 'A token counts in the Authorization header only: not in the address, and not in the body.',
    run: async (trial) => {
      needsToken(trial)
      const { access } = await freshLogin(trial)
      const inAddress = `${LIST}?access_token=${access}`
      refused(await post(trial, inAddress, {}, { authorization: undefined }))
      refused(await post(trial, LIST, { access_token: access }, { authorization: undefined }))
    },
  }),
  rule({
    name: 'token-altered',
    rule: 'A token that was cut, added to or written in another case is refused with 401.',
    run: async (trial) => {
      needsToken(trial)
      const { access } = await freshLogin(trial)
      for (const token of [access.slice(0, -1), `${access}A`, swapped(access)])
        holds(!(await isAlive(trial, token)), 'an altered token is taken')
      holds(await isAlive(trial, access), 'the token itself is refused')
    },
  }),
  rule({
    name: 'scheme-in-other-case',
    level: 'SHOULD',
    rule: 'The name of the scheme may be written in any case (RFC 9110 §11.1).',
    run: async (trial) => {
      needsToken(trial)
      const { access } = await freshLogin(trial)
      answered(await post(trial, LIST, {}, { authorization: `bearer ${access}` }))
    },
  }),
  rule({
    name: 'token-expires',
    rule: 'A token is refused with 401 when its time is over.',
    waits: 'for a token to expire',
    run: async (trial) => {
      const seconds = lifetimeOf(trial, 'token')
      const { access } = await freshLogin(trial)
      await trial.wait(seconds + 1)
      holds(!(await isAlive(trial, access)), `the token is good after ${seconds} s`)
    },
  }),
]

/** Each body must be refused with an error object. */
function bad(name: string, text: string, bodies: readonly string[]): CaseIn {
  return rule({
    name,
    rule: text,
    run: async (trial) => {
      for (const body of bodies) {
        const answer = await post(trial, LIST, body)
        refused(answer)
        wellRefused(answer)
      }
    },
  })
}

/** Any answer but a failure of the service. */
function boundedBy(answer: Answer): void {
  holds(answer.status === 200 || (answer.status >= 400 && answer.status < 500), `got ${shown(answer)}`)
}

function swapped(token: string): string {
  return token === token.toLowerCase() ? token.toUpperCase() : token.toLowerCase()
}
