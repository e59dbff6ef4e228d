import { satisfies } from '../../acts/expression.ts'
import { usableCredentials } from '../../acts/credentials.ts'
import { post } from '../../acts/post.ts'
import { casesOf, rule } from '../../case.ts'
import { answered, holds } from '../../expect.ts'
import { at, listAt, textAt, textsAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import { infoOf } from '../../run/offers.ts'
import type { Trial } from '../../trial.ts'
import { CERTIFICATE_INFO_CASES } from '../common/certificateInfoCases.ts'

const METHOD = 'credentials/info'
const TYPES = ['Password', 'PasswordOOB', 'ChallengeResponse', 'ChallengeResponseOOB']

/** What certificates, certInfo and authInfo ask for, and what comes without. */
export const credentialsInfoParts = casesOf({ version: 'v2', method: METHOD, clause: '11.5' }, [
  ...CERTIFICATE_INFO_CASES,
  rule({
    name: 'auth-info-unasked',
    rule: 'Without authInfo nothing is told of the authentication objects.',
    run: async (trial) => {
      for (const info of await explicitInfos(trial, false)) {
        const extra = ['auth/objects', 'auth/expression'].find((path) => at(info, path) !== undefined)
        holds(extra === undefined, `${extra ?? ''} came, though authInfo is not true`)
      }
    },
  }),
  rule({
    name: 'objects',
    rule: 'For explicit authorization authInfo tells a list of objects, which may be empty, each with an id of its own and a type of the text.',
    run: async (trial) => {
      for (const info of await explicitInfos(trial, true)) {
        holds(Array.isArray(at(info, 'auth/objects')), 'auth/objects is missing, or no list')
        const ids = listAt(info, 'auth/objects').map((object) => textAt(object, 'id'))
        holds(
          ids.every((id) => id !== undefined && id !== ''),
          'an object has no id',
        )
        holds(new Set(ids).size === ids.length, `two objects have the same id: ${ids.join(', ')}`)
        for (const object of listAt(info, 'auth/objects')) {
          const type = textAt(object, 'type') ?? 'missing'
          holds(TYPES.includes(type), `the type of an object is ${type}`)
        }
      }
    },
  }),
  rule({
    name: 'object-members',
    rule: 'Where an object has a format it is A or N, and not of an out-of-band password; label, description and generator are texts.',
    run: async (trial) => {
      for (const info of await explicitInfos(trial, true))
        for (const object of listAt(info, 'auth/objects')) {
          const format = at(object, 'format')
          holds(
            format === undefined || format === 'A' || format === 'N',
            `the format is ${JSON.stringify(format)}`,
          )
          for (const name of ['label', 'description', 'generator']) {
            const text = at(object, name)
            holds(text === undefined || typeof text === 'string', `${name} is ${JSON.stringify(text)}`)
          }
        }
    },
  }),
  rule({
    name: 'expression',
    rule: 'The expression joins the ids of the objects with AND, OR, XOR and brackets; all objects together or fewer satisfy it.',
    run: async (trial) => {
      for (const info of await explicitInfos(trial, true)) {
        const expression = textAt(info, 'auth/expression') ?? ''
        const ids = listAt(info, 'auth/objects').map((object) => textAt(object, 'id') ?? '')
        const words = expression.match(/[^\s()]+/g) ?? []
        const other = words.find((word) => ![...ids, 'AND', 'OR', 'XOR'].includes(word))
        holds(other === undefined, `“${expression}” has ${other ?? ''}, which is no object`)
        holds(isExpression(expression), `“${expression}” is no expression`)
      }
    },
  }),
  rule({
    name: 'challenge-objects-have-challenges',
    rule: 'A credential with a ChallengeResponse object needs credentials/getChallenge, so `info` names it.',
    run: async (trial) => {
      const types = (await explicitInfos(trial, true))
        .flatMap((info) => listAt(info, 'auth/objects'))
        .map((object) => textAt(object, 'type') ?? '')
      if (!types.some((type) => type.startsWith('ChallengeResponse')))
        throw new NotOffered('no credential of the user has a ChallengeResponse object')
      const methods = textsAt(await infoOf(trial), 'methods')
      holds(methods.includes('credentials/getChallenge'), '`info` does not name credentials/getChallenge')
    },
  }),
])

function isExpression(expression: string): boolean {
  try {
    satisfies(expression, new Set())
    return true
  } catch {
    return false
  }
}

/** Throws NotOffered when no credential has explicit authorization. */
async function explicitInfos(trial: Trial, authInfo: boolean): Promise<readonly unknown[]> {
  const all = await usableCredentials(trial, trial.account.user)
  const infos: unknown[] = []
  for (const { id: credentialID, mode } of all)
    if (mode === 'explicit') infos.push(answered(await post(trial, METHOD, { credentialID, authInfo })))
  if (infos.length === 0) throw new NotOffered('no credential of the user has explicit authorization')
  return infos
}
