import { altered } from '../../acts/altered.ts'
import { AUTHORIZE, authorizeBody, hashMembers, type Body } from '../../acts/authorize.ts'
import { credential } from '../../acts/credential.ts'
import type { Credential } from '../../acts/credentials.ts'
import { newDocument, type Document } from '../../acts/documents.ts'
import { CodeRefused, demandsOf, membersOf } from '../../acts/factors.ts'
import { post } from '../../acts/post.ts'
import { usualHash } from '../../acts/schemes.ts'
import { lockableUser } from '../../acts/users.ts'
import { casesOf, rowOf, rule } from '../../case.ts'
import { holds, refusedAs } from '../../expect.ts'
import { listAt, textAt } from '../../json.ts'
import type { Trial } from '../../trial.ts'
import { shown } from '../../wire/answer.ts'

const DEFAULT_ATTEMPTS = 20

/** What many wrong factors lead to. */
export const credentialsAuthorizeLock = casesOf({ version: 'v2', method: AUTHORIZE, clause: '11.6' }, [
  rule({
    name: 'locked',
    row: 'locked',
    rule: 'After some wrong values, though each was beside a code newly sent, the right one is refused, too.',
    attacks: ['O01', 'O02'],
    destructive: 'locks a factor of `lockable`',
    run: async (trial) => {
      const one = await credential(trial, { of: lockableUser(trial), factor: 'fixed' })
      const documents = [newDocument(usualHash(one))]
      let good = (await anotherBody(trial, one, documents)) ?? lookingRight(trial, one, documents)
      for (let count = 0; count < (trial.account.lockAfter ?? DEFAULT_ATTEMPTS); count++) {
        const authData = listAt(good, 'authData').map(valueChanged)
        const answer = await post(trial, AUTHORIZE, { ...good, authData }, { as: one.user })
        holds(answer.status === 400, `a wrong factor is a 400, got ${shown(answer)}`)
        if (textAt(answer.json, 'error_description') === rowOf(trial, AUTHORIZE, 'locked').description) break
        good = (await anotherBody(trial, one, documents)) ?? good
      }
      const last = await post(trial, AUTHORIZE, good, { as: one.user })
      refusedAs(trial, last, rowOf(trial, AUTHORIZE, 'locked'))
    },
  }),
])

function valueChanged(object: unknown): object {
  return { id: textAt(object, 'id'), value: altered(textAt(object, 'value') ?? '') }
}

/** Undefined when no code is sent any more, because the credential is locked. */
async function anotherBody(
  trial: Trial,
  one: Credential,
  documents: readonly Document[],
): Promise<Body | undefined> {
  return authorizeBody(trial, one, documents).catch((cause: unknown) => {
    if (cause instanceof CodeRefused) return undefined
    throw cause
  })
}

/** For a credential that is locked already: no code is sent, so that there is one that looks right. */
function lookingRight(trial: Trial, one: Credential, documents: readonly Document[]): Body {
  trial.note('it was locked before: no code is sent')
  const values = demandsOf(trial, one).map(({ id }) => [id, '000000'] as const)
  return {
    credentialID: one.id,
    numSignatures: documents.length,
    ...hashMembers(trial, one, documents),
    ...membersOf(trial, Object.fromEntries(values)),
  }
}
