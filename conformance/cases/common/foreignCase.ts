import { altered } from '../../acts/altered.ts'
import { credentialIds } from '../../acts/credentials.ts'
import { post } from '../../acts/post.ts'
import { otherUser } from '../../acts/users.ts'
import { rule, type CaseIn } from '../../case.ts'
import { holds, refused } from '../../expect.ts'
import { at } from '../../json.ts'
import { NotRun } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import { shown, type Answer } from '../../wire/answer.ts'

/** Nobody learns by a method which credentials others have. `bodyOf` makes an otherwise good request. */
export function foreignCase(bodyOf: (trial: Trial) => Promise<object>): CaseIn {
  return (section) =>
    rule({
      name: 'foreign-credential',
      rule: "Another user's credential is answered exactly as one that does not exist.",
      attacks: ['I01'],
      run: async (trial) => {
        const foreign = await foreignCredential(trial)
        const ask = async (credentialID: string): Promise<Answer> =>
          post(trial, section.method, { ...(await bodyOf(trial)), credentialID })
        const [of, none] = [await ask(foreign), await ask(altered(foreign))]
        refused(of)
        holds(
          of.status === none.status && sameBody(of, none),
          `another's credential: ${shown(of)}; none: ${shown(none)}`,
        )
      },
    })(section)
}

/** A credential of the other user. Throws NotRun. */
export async function foreignCredential(trial: Trial): Promise<string> {
  const [foreign] = await credentialIds(trial, otherUser(trial))
  if (foreign === undefined) throw new NotRun('a credential of the other user (`other`)')
  return foreign
}

/** `error` and its description: other members may number the answer. */
function sameBody(one: Answer, other: Answer): boolean {
  return ['error', 'error_description'].every((name) => at(one.json, name) === at(other.json, name))
}
