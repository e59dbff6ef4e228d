import { wellFormed, wellRefused } from '../../acts/form.ts'
import { rule, type CaseIn } from '../../case.ts'
import { answered, refused } from '../../expect.ts'
import type { Trial } from '../../trial.ts'
import type { Answer } from '../../wire/answer.ts'

interface Samples {
  /** An answer with a body; absent for a method that answers 204. */
  readonly good?: (trial: Trial) => Promise<Answer>
  readonly bad: (trial: Trial) => Promise<Answer>
}

/** How each answer of a method looks. */
export function formCase({ good, bad }: Samples): CaseIn {
  return rule({
    name: 'answer-form',
    rule: 'Answers and refusals are JSON objects of type application/json, without `null` members, and tell nothing of the program.',
    run: async (trial) => {
      if (good !== undefined) {
        const answer = await good(trial)
        answered(answer)
        wellFormed(answer)
      }
      const refusal = await bad(trial)
      refused(refusal)
      wellRefused(refusal)
    },
  })
}
