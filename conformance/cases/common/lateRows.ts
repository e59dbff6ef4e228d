import { AUTHORIZE, authorizeBody, sadIn } from '../../acts/authorize.ts'
import { describedCredential, type Credential } from '../../acts/credentials.ts'
import { newDocument } from '../../acts/documents.ts'
import { codeAskedFor, demandsOf } from '../../acts/factors.ts'
import { post } from '../../acts/post.ts'
import { schemeOf, usualHash } from '../../acts/schemes.ts'
import type { PreparedDocs } from '../../acts/signDoc.ts'
import { rule, type CaseIn } from '../../case.ts'
import { refused, refusedAs } from '../../expect.ts'
import { textAt } from '../../json.ts'
import { NotOffered, NotRun } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import type { Answer } from '../../wire/answer.ts'

/** Only a service that checks the OTP late can have this row; from outside it cannot be brought about. */
export const otpOfTheSadCase: CaseIn = rule({
  name: 'otp-of-the-sad-invalid',
  row: 'otp-of-the-sad-invalid',
  rule: 'A service may check the OTP when it signs. One that checks it when it authorizes gives no SAD for a wrong one, and never answers this.',
  run: () =>
    Promise.reject(
      new NotOffered('a wrong OTP is refused at credentials/authorize; see its rows for a wrong factor'),
    ),
})

type Authorized = Omit<PreparedDocs, 'body' | 'format'>

/** `send` signs with an authorization of the expired credential. */
export function certificateExpiredCase(
  send: (trial: Trial, authorized: Authorized) => Promise<Answer>,
): CaseIn {
  return (section) =>
    rule({
      name: 'certificate-expired',
      row: 'certificate-expired',
      rule: 'With an expired certificate nothing is signed: it is refused by this row, or not even authorized.',
      attacks: ['C05'],
      run: async (trial) => {
        const { expired, user } = trial.account
        if (expired === undefined) throw new NotRun('a credential whose certificate has expired (`expired`)')
        const one = await describedCredential(trial, user, expired)
        const documents = [newDocument(usualHash(one))]
        const refusal = await refusedBefore(trial, one)
        if (refusal !== undefined) {
          refused(refusal)
          trial.note(`not even asked for: ${textAt(refusal.json, 'error_description') ?? ''}`)
          return
        }
        const answer = await post(trial, AUTHORIZE, await authorizeBody(trial, one, documents), { as: user })
        if (answer.status !== 200) {
          refused(answer)
          trial.note(`not authorized: ${textAt(answer.json, 'error_description') ?? ''}`)
          return
        }
        const scheme = schemeOf(one, usualHash(one))
        const authorized = { credential: one, documents, scheme, sad: sadIn(answer.json) }
        refusedAs(trial, await send(trial, authorized), trial.errors.row(section, 'certificate-expired'))
      },
    })(section)
}

/** The answer of a service that sends no code for the credential; undefined when it does, or none is needed. */
async function refusedBefore(trial: Trial, one: Credential): Promise<Answer | undefined> {
  const sent = demandsOf(trial, one).find(({ isSent }) => isSent)
  if (sent === undefined) return undefined
  const answer = await codeAskedFor(trial, one, sent)
  return answer.status < 300 ? undefined : answer
}
