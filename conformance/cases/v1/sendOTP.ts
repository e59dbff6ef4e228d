import { altered } from '../../acts/altered.ts'
import { authorize, type Body } from '../../acts/authorize.ts'
import { credential } from '../../acts/credential.ts'
import { usableCredentials } from '../../acts/credentials.ts'
import { newDocument } from '../../acts/documents.ts'
import { demandsOf } from '../../acts/factors.ts'
import { post } from '../../acts/post.ts'
import { usualHash } from '../../acts/schemes.ts'
import { lockableUser } from '../../acts/users.ts'
import { casesOf, row, rule, variants } from '../../case.ts'
import { answeredEmpty, holds, refused } from '../../expect.ts'
import { textAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import { callerCases } from '../common/callerCases.ts'
import { foreignCase } from '../common/foreignCase.ts'
import { formCase } from '../common/formCase.ts'
import { lockFactor } from './credentialsAuthorizeLocks.ts'

const METHOD = 'credentials/sendOTP'

export const sendOTP = casesOf({ version: 'v1', method: METHOD, clause: '11.8' }, [
  ...callerCases(goodBody),
  rule({
    name: 'sent',
    rule: 'A code is sent, and the answer is 204 without a body.',
    run: async (trial) => {
      answeredEmpty(await post(trial, METHOD, await goodBody(trial)))
    },
  }),
  rule({
    name: 'code-authorizes',
    rule: 'The code that was sent authorizes.',
    run: async (trial) => {
      const one = await credential(trial, { factor: 'sent' })
      await authorize(trial, one, [newDocument(usualHash(one))])
    },
  }),
  rule({
    name: 'codes-differ',
    rule: 'Codes are drawn anew: of three that are sent one after another, not all are the same.',
    run: async (trial) => {
      const one = await credential(trial, { factor: 'sent' })
      const sent = demandsOf(trial, one).find(({ isSent }) => isSent)
      if (sent === undefined) throw new Error('the credential demands no code that is sent')
      const codes = new Set<string>()
      for (let n = 0; n < 3; n++) {
        const next = await trial.factorValues.prepare(sent.source)
        answeredEmpty(await post(trial, METHOD, { credentialID: one.id }))
        const code = await next()
        trial.secrets.add(code, sent.id)
        codes.add(code)
      }
      holds(codes.size > 1, 'three codes were the same')
    },
  }),
  rule({
    name: 'newest-code',
    rule: 'When two codes were asked for, the newest one authorizes.',
    run: async (trial) => {
      const one = await credential(trial, { factor: 'sent' })
      answeredEmpty(await post(trial, METHOD, { credentialID: one.id }))
      await authorize(trial, one, [newDocument(usualHash(one))])
    },
  }),
  rule({
    name: 'offline',
    level: 'SHOULD',
    rule: 'Only where OTP/type is online is there something to send: for another credential the call is refused.',
    run: async (trial) => {
      const all = await usableCredentials(trial, trial.account.user)
      const offline = all.find(({ info }) => textAt(info, 'OTP/type') !== 'online')
      if (offline === undefined) throw new NotOffered('each credential of the user has an OTP that is sent')
      refused(await post(trial, METHOD, { credentialID: offline.id }))
    },
  }),
  row({
    row: 'credential-missing',
    rule: 'Without credentialID nothing is sent.',
    send: (trial) => post(trial, METHOD, {}),
  }),
  variants({
    name: 'credential-no-text',
    row: 'credential-missing',
    rule: 'credentialID is a text.',
    send: (trial) =>
      Promise.all([17, true, ['a'], { a: 'b' }, null].map((id) => post(trial, METHOD, { credentialID: id }))),
  }),
  row({
    row: 'credential-invalid',
    rule: 'For a credential that does not exist nothing is sent.',
    send: async (trial) => {
      const { id } = await credential(trial, { factor: 'sent' })
      return post(trial, METHOD, { credentialID: altered(id) })
    },
  }),
  foreignCase(() => Promise.resolve({})),
  rule({
    name: 'optional-members',
    level: 'SHOULD',
    rule: 'clientData is any text, or null.',
    run: async (trial) => {
      for (const clientData of ['case 17', null])
        answeredEmpty(await post(trial, METHOD, { ...(await goodBody(trial)), clientData }))
    },
  }),
  row({
    row: 'otp-locked',
    rule: 'Where the OTP is locked nothing is sent.',
    attacks: ['O01', 'O07'],
    destructive: 'locks the OTP of `lockable`',
    send: async (trial) => {
      const { id } = await lockFactor(trial, 'OTP')
      return post(trial, METHOD, { credentialID: id }, { as: lockableUser(trial) })
    },
  }),
  formCase({ bad: (trial) => post(trial, METHOD, { credentialID: 'nothing' }) }),
])

async function goodBody(trial: Trial): Promise<Body> {
  return { credentialID: (await credential(trial, { factor: 'sent' })).id }
}
