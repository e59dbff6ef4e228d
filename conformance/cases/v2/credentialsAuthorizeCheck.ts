import { altered } from '../../acts/altered.ts'
import { AUTHORIZE, settled } from '../../acts/askToAuthorize.ts'
import { authorize, authorizeBody, sadIn } from '../../acts/authorize.ts'
import { authorizeBodyAnyway } from '../../acts/authorizeBodyAnyway.ts'
import { credential } from '../../acts/credential.ts'
import { newDocument } from '../../acts/documents.ts'
import { lockedCredential } from '../../acts/lockedCredential.ts'
import { withWrongCode } from '../../acts/otpVerdict.ts'
import { post } from '../../acts/post.ts'
import { usualHash } from '../../acts/schemes.ts'
import { lockableUser, otherUser } from '../../acts/users.ts'
import { casesOf, row, rowOf, rule, variants } from '../../case.ts'
import { answered, holds, refusedAs, textIn } from '../../expect.ts'
import { NotOffered } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import { shown, type Answer } from '../../wire/answer.ts'
import { callerCases } from '../common/callerCases.ts'
import { formCase } from '../common/formCase.ts'

const METHOD = 'credentials/authorizeCheck'
const NO_HANDLE = 'bm8taGFuZGxlLXdhcy1ldmVyLWdpdmVu'

/** A handle comes only with a 202 of credentials/authorize; most services answer 200 at once. */
export const credentialsAuthorizeCheck = casesOf({ version: 'v2', method: METHOD, clause: '11.7' }, [
  ...callerCases(() => Promise.resolve({ handle: NO_HANDLE })),
  row({
    row: 'handle-invalid',
    rule: 'A handle that was never given out is refused.',
    attacks: ['I05'],
    send: (trial) => post(trial, METHOD, { handle: NO_HANDLE }),
  }),
  variants({
    name: 'handle-no-text',
    row: 'handle-invalid',
    rule: 'A handle is a text: anything else, or none, is no valid handle.',
    send: (trial) => Promise.all([undefined, 17, ['a'], {}].map((handle) => post(trial, METHOD, { handle }))),
  }),
  rule({
    name: 'outcome',
    rule: 'A handle leads to the SAD.',
    run: async (trial) => {
      const handle = await handleOf(trial)
      const first = await post(trial, METHOD, { handle })
      sadIn(answered(await settled(trial, first)))
    },
  }),
  rule({
    name: 'foreign-handle',
    rule: "Another user's handle is answered as one that does not exist.",
    attacks: ['I05'],
    run: async (trial) => {
      const other = otherUser(trial)
      const handle = await handleOf(trial)
      for (const one of [handle, altered(handle)])
        refusedAs(
          trial,
          await post(trial, METHOD, { handle: one }, { as: other }),
          rowOf(trial, METHOD, 'handle-invalid'),
        )
    },
  }),
  rule({
    name: 'factor-wrong',
    row: 'factor-wrong',
    rule: 'A wrong factor that is found out after the handle was given is told here.',
    attacks: ['O01'],
    run: async (trial) => {
      const one = await credential(trial, { factor: 'sent' })
      const documents = [newDocument(usualHash(one))]
      const wrong = withWrongCode(trial, one, await authorizeBody(trial, one, documents))
      const first = await post(trial, AUTHORIZE, wrong)
      const last = await settled(trial, first)
      await authorize(trial, one, documents)
      requireHandle(first)
      refusedAs(trial, last, rowOf(trial, METHOD, 'factor-wrong'))
    },
  }),
  rule({
    name: 'locked',
    row: 'locked',
    rule: 'That the credential is locked, found out after the handle was given, is told here.',
    attacks: ['O01'],
    destructive: 'locks a factor of `lockable`',
    run: async (trial) => {
      const as = lockableUser(trial)
      const one = await lockedCredential(trial)
      const first = await post(trial, AUTHORIZE, await authorizeBodyAnyway(trial, one), { as })
      const last = await settled(trial, first, { as })
      requireHandle(first)
      refusedAs(trial, last, rowOf(trial, METHOD, 'locked'))
    },
  }),
  formCase({ bad: (trial) => post(trial, METHOD, { handle: NO_HANDLE }) }),
])

async function handleOf(trial: Trial): Promise<string> {
  const one = await credential(trial)
  const body = await authorizeBody(trial, one, [newDocument(usualHash(one))])
  const answer = await post(trial, AUTHORIZE, body)
  if (answer.status !== 202) sadIn(answered(answer))
  requireHandle(answer)
  return textIn(answer.json, 'handle')
}

/** Throws NotOffered when the authorization was answered at once; Refuted when it was not answered as a client can use. */
function requireHandle(answer: Answer): void {
  if (answer.status === 202) return
  holds(answer.status === 200 || answer.status === 400, `expected 200, 202 or 400, got ${shown(answer)}`)
  throw new NotOffered(`credentials/authorize answers ${answer.status} at once, so that there is no handle`)
}
