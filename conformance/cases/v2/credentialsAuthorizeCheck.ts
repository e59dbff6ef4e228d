import { altered } from '../../acts/altered.ts'
import { AUTHORIZE, authorizeBody, sadIn } from '../../acts/authorize.ts'
import { credential } from '../../acts/credential.ts'
import { newDocument } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { usualHash } from '../../acts/schemes.ts'
import { otherUser } from '../../acts/users.ts'
import { casesOf, row, rowOf, rule, variants } from '../../case.ts'
import { answered, refusedAs, textIn } from '../../expect.ts'
import { NotOffered } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
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
      sadIn(answered(await post(trial, METHOD, { handle: await handleOf(trial) })))
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
    rule: 'A wrong factor, found out late, is told here.',
    run: async (trial) => {
      await handleOf(trial)
      throw new NotOffered('a wrong factor is refused by credentials/authorize at once')
    },
  }),
  rule({
    name: 'locked',
    row: 'locked',
    rule: 'A locked credential, found out late, is told here.',
    run: async (trial) => {
      await handleOf(trial)
      throw new NotOffered('a locked credential is refused by credentials/authorize at once')
    },
  }),
  formCase({ bad: (trial) => post(trial, METHOD, { handle: NO_HANDLE }) }),
])

/** Throws NotOffered when the authorization is answered at once. */
async function handleOf(trial: Trial): Promise<string> {
  const one = await credential(trial)
  const body = await authorizeBody(trial, one, [newDocument(usualHash(one))])
  const answer = await post(trial, AUTHORIZE, body)
  if (answer.status === 202) return textIn(answer.json, 'handle')
  sadIn(answered(answer))
  throw new NotOffered('credentials/authorize answers 200 at once, so that there is no handle')
}
