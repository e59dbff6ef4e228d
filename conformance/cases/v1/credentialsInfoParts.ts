import { credential } from '../../acts/credential.ts'
import { usableCredentials } from '../../acts/credentials.ts'
import { post } from '../../acts/post.ts'
import { casesOf, rule } from '../../case.ts'
import { answered, holds, textIn } from '../../expect.ts'
import { at, textAt, textsAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import { infoOf } from '../../run/offers.ts'
import { CERTIFICATE_INFO_CASES } from '../common/certificateInfoCases.ts'
import type { Trial } from '../../trial.ts'

const METHOD = 'credentials/info'
const PRESENCES = ['true', 'false', 'optional']

/** What authInfo asks for, and what comes without. */
export const credentialsInfoParts = casesOf({ version: 'v1', method: METHOD, clause: '11.5' }, [
  ...CERTIFICATE_INFO_CASES,
  rule({
    name: 'auth-info-unasked',
    rule: 'Without authInfo nothing is told of PIN and OTP.',
    run: async (trial) => {
      for (const members of [{}, { authInfo: false }]) {
        const info = await usualInfo(trial, members)
        const extra = ['PIN', 'OTP'].find((name) => at(info, name) !== undefined)
        holds(extra === undefined, `${extra ?? ''} came, though authInfo is not true`)
      }
    },
  }),
  rule({
    name: 'presences',
    rule: 'For explicit authorization, authInfo tells PIN/presence and OTP/presence as the texts true, false or optional.',
    run: async (trial) => {
      for (const info of await explicitInfos(trial))
        for (const name of ['PIN', 'OTP']) {
          const presence = at(info, `${name}/presence`)
          const isOne = typeof presence === 'string' && PRESENCES.includes(presence)
          holds(isOne, `${name}/presence is ${JSON.stringify(presence)}`)
        }
    },
  }),
  rule({
    name: 'formats',
    rule: 'A PIN or OTP that may be given has the format A or N.',
    run: async (trial) => {
      for (const { name, members } of await factorsTold(trial, ['PIN', 'OTP'])) {
        const format = at(members, 'format')
        holds(format === 'A' || format === 'N', `${name}/format is ${JSON.stringify(format)}`)
      }
    },
  }),
  rule({
    name: 'otp-type',
    rule: 'An OTP that may be given is offline or online, and the service has credentials/sendOTP for those that are online.',
    run: async (trial) => {
      const methods = textsAt(await infoOf(trial), 'methods')
      for (const { members } of await factorsTold(trial, ['OTP'])) {
        const type = at(members, 'type')
        holds(type === 'offline' || type === 'online', `OTP/type is ${JSON.stringify(type)}`)
        if (type === 'online')
          holds(methods.includes('credentials/sendOTP'), '`info` does not name credentials/sendOTP')
      }
    },
  }),
  rule({
    name: 'otp-id',
    rule: 'An OTP that may be given has an ID.',
    run: async (trial) => {
      for (const { members } of await factorsTold(trial, ['OTP'])) textIn(members, 'ID')
    },
  }),
  rule({
    name: 'labels',
    rule: 'Labels and descriptions of PIN and OTP are texts of at most 255 characters.',
    run: async (trial) => {
      for (const { name, members } of await factorsTold(trial, ['PIN', 'OTP']))
        for (const member of ['label', 'description']) {
          const text = at(members, member)
          const isGood = text === undefined || (typeof text === 'string' && Array.from(text).length <= 255)
          holds(isGood, `${name}/${member} is ${JSON.stringify(text)}`)
        }
    },
  }),
])

async function usualInfo(trial: Trial, members: object): Promise<unknown> {
  const { id: credentialID } = await credential(trial)
  return answered(await post(trial, METHOD, { credentialID, ...members }))
}

/** What authInfo tells of the credentials with explicit authorization. Throws NotOffered when none has it. */
async function explicitInfos(trial: Trial): Promise<readonly unknown[]> {
  const all = await usableCredentials(trial, trial.account.user)
  const infos: unknown[] = []
  for (const { id: credentialID, mode } of all)
    if (mode === 'explicit') infos.push(answered(await post(trial, METHOD, { credentialID, authInfo: true })))
  if (infos.length === 0) throw new NotOffered('no credential of the user has explicit authorization')
  return infos
}

interface FactorTold {
  readonly name: string
  readonly members: unknown
}

/** Those factors whose presence is not false. Throws NotOffered when there is none. */
async function factorsTold(trial: Trial, names: readonly string[]): Promise<readonly FactorTold[]> {
  const told = (await explicitInfos(trial)).flatMap((info) =>
    names.map((name) => ({ name, members: at(info, name) })),
  )
  const usable = told.filter(({ members }) =>
    ['true', 'optional'].includes(textAt(members, 'presence') ?? ''),
  )
  if (usable.length === 0) throw new NotOffered(`no credential of the user takes ${names.join(' or ')}`)
  return usable
}
