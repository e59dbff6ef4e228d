import { altered } from '../../acts/altered.ts'
import { credential } from '../../acts/credential.ts'
import { post } from '../../acts/post.ts'
import { casesOf, rule } from '../../case.ts'
import { holds, refused } from '../../expect.ts'
import { shown } from '../../wire/answer.ts'
import { foreignCase } from '../common/foreignCase.ts'

const METHOD = 'credentials/sendOTP'

/** Named by 2.0 without a section, and back since 2.1 as deprecated: it has no table of errors. */
export const sendOTP = casesOf({ version: 'v2', method: METHOD, clause: '11.8' }, [
  rule({
    name: 'sent',
    rule: 'A code is sent, and the answer is 204, as in version 1; the contract of 2.1 has a 200 by mistake.',
    run: async (trial) => {
      const { id } = await credential(trial, { factor: 'sent' })
      const answer = await post(trial, METHOD, { credentialID: id })
      holds([200, 204].includes(answer.status), `expected 204, got ${shown(answer)}`)
      trial.note(`seen: ${answer.status}`)
    },
  }),
  rule({
    name: 'credential-missing',
    rule: 'Without credentialID, as a text, no code is sent.',
    run: async (trial) => {
      for (const credentialID of [undefined, null, 17, ['a']])
        refused(await post(trial, METHOD, { credentialID }))
    },
  }),
  rule({
    name: 'credential-invalid',
    rule: 'For a credential that does not exist no code is sent.',
    run: async (trial) => {
      const { id } = await credential(trial, { factor: 'sent' })
      refused(await post(trial, METHOD, { credentialID: altered(id) }))
    },
  }),
  foreignCase(() => Promise.resolve({})),
])
