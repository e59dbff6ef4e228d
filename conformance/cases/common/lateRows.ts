import { askToAuthorize } from '../../acts/askToAuthorize.ts'
import { authorize, authorizeBody, sadIn } from '../../acts/authorize.ts'
import { credential } from '../../acts/credential.ts'
import { describedCredential, type Credential } from '../../acts/credentials.ts'
import { newDocument } from '../../acts/documents.ts'
import { codeAskedFor, demandsOf } from '../../acts/factors.ts'
import { otpVerdict, withWrongCode } from '../../acts/otpVerdict.ts'
import { schemeOf, usualHash } from '../../acts/schemes.ts'
import type { PreparedDocs } from '../../acts/signDoc.ts'
import { SIGN_HASH } from '../../acts/signHash.ts'
import { rowOf, rule, type CaseIn } from '../../case.ts'
import { refused, refusedAs } from '../../expect.ts'
import { textAt } from '../../json.ts'
import { NotOffered, NotRun } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import type { Answer } from '../../wire/answer.ts'

/** A service may check the OTP when it signs (row 17 of the table of version 1): it gives a SAD for a wrong one, too. */
export const otpOfTheSadCase: CaseIn = rule({
  name: 'otp-of-the-sad-invalid',
  row: 'otp-of-the-sad-invalid',
  rule: 'A wrong OTP that is not found out before is refused when its SAD shall sign.',
  attacks: ['O01'],
  run: async (trial) => {
    const one = await credential(trial, { factor: 'sent' })
    const documents = [newDocument(usualHash(one))]
    const body = await authorizeBody(trial, one, documents)
    const answer = await askToAuthorize(trial, withWrongCode(trial, one, body))
    const verdict = await otpVerdict(trial, one, documents, answer)
    await authorize(trial, one, documents)
    if (answer.status === 200) refusedAs(trial, verdict, rowOf(trial, SIGN_HASH, 'otp-of-the-sad-invalid'))
    else {
      refused(answer)
      throw new NotOffered(
        'a wrong OTP was refused when it was to authorize, so that there is no SAD for one',
      )
    }
  },
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
        const answer = await askToAuthorize(trial, await authorizeBody(trial, one, documents), { as: user })
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
