import { altered } from '../../acts/altered.ts'
import { authorize, without, type Body } from '../../acts/authorize.ts'
import { credential } from '../../acts/credential.ts'
import { newDocument } from '../../acts/documents.ts'
import { demandsOf } from '../../acts/factors.ts'
import { post } from '../../acts/post.ts'
import { usualHash } from '../../acts/schemes.ts'
import { casesOf, row, rule, variants } from '../../case.ts'
import { holds, refused, textIn } from '../../expect.ts'
import type { Trial } from '../../trial.ts'
import { shown } from '../../wire/answer.ts'
import { callerCases } from '../common/callerCases.ts'
import { foreignCase } from '../common/foreignCase.ts'
import { formCase } from '../common/formCase.ts'

const METHOD = 'credentials/getChallenge'

export const credentialsGetChallenge = casesOf({ version: 'v2', method: METHOD, clause: '11.8' }, [
  ...callerCases(goodBody),
  rule({
    name: 'challenge',
    rule: 'A challenge comes as text (200), or is sent out of band: 204, or 201, for the text has both, without a body.',
    run: async (trial) => {
      const answer = await post(trial, METHOD, await goodBody(trial))
      trial.note(`seen: ${answer.status}`)
      if (answer.status === 200) textIn(answer.json, 'challenge')
      else {
        holds([201, 204].includes(answer.status), `expected 200, 201 or 204, got ${shown(answer)}`)
        holds(answer.text === '', `a challenge that is sent elsewhere has no body, got ${shown(answer)}`)
      }
    },
  }),
  rule({
    name: 'code-works',
    rule: 'The code that was sent authorizes.',
    run: async (trial) => {
      const one = await credential(trial, { factor: 'sent' })
      await authorize(trial, one, [newDocument(usualHash(one))])
    },
  }),
  row({
    row: 'credential-invalid',
    rule: 'A credential that does not exist is refused.',
    send: async (trial) => {
      const body = await goodBody(trial)
      return post(trial, METHOD, { ...body, credentialID: altered(String(body['credentialID'])) })
    },
  }),
  rule({
    name: 'credential-missing',
    rule: 'Without credentialID, as a text, nothing is sent.',
    run: async (trial) => {
      const body = await goodBody(trial)
      refused(await post(trial, METHOD, without(body, 'credentialID')))
      for (const credentialID of [17, ['a'], {}, null])
        refused(await post(trial, METHOD, { ...body, credentialID }))
    },
  }),
  foreignCase(goodBody),
  row({
    row: 'object-invalid',
    rule: 'An object that the credential does not have is refused.',
    send: async (trial) =>
      post(trial, METHOD, { ...(await goodBody(trial)), authObjectID: 'no-such-object' }),
  }),
  variants({
    name: 'object-without-challenge',
    row: 'object-invalid',
    rule: 'A password has no challenge.',
    send: async (trial) => {
      const one = await credential(trial, { factor: 'fixed' })
      const [object] = demandsOf(trial, one).filter(({ isSent }) => !isSent)
      return [await post(trial, METHOD, { credentialID: one.id, authObjectID: object?.id })]
    },
  }),
  rule({
    name: 'object-missing',
    rule: 'Without authObjectID, as a text, nothing is sent.',
    run: async (trial) => {
      const body = await goodBody(trial)
      refused(await post(trial, METHOD, without(body, 'authObjectID')))
      for (const authObjectID of [17, ['a'], {}, null])
        refused(await post(trial, METHOD, { ...body, authObjectID }))
    },
  }),
  formCase({
    bad: async (trial) => post(trial, METHOD, { ...(await goodBody(trial)), authObjectID: 'nothing' }),
  }),
])

async function goodBody(trial: Trial): Promise<Body> {
  const one = await credential(trial, { factor: 'sent' })
  const [object] = demandsOf(trial, one).filter(({ isSent }) => isSent)
  return { credentialID: one.id, authObjectID: object?.id }
}
