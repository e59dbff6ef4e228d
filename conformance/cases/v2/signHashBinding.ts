import { post } from '../../acts/post.ts'
import { requireFormat, SIGN_DOC, signDocBody } from '../../acts/signDoc.ts'
import { prepare, signed } from '../../acts/signHash.ts'
import { casesOf, rule } from '../../case.ts'
import { refused } from '../../expect.ts'
import { textsAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import { infoOf } from '../../run/offers.ts'
import { SIGN_HASH_BINDING } from '../common/signHashBindingCases.ts'
import { SIGN_HASH_SECTION } from './signHash.ts'

/** A SAD signs what it was given for; also when signHash and signDoc share it. */
export const signHashBinding = casesOf(SIGN_HASH_SECTION, [
  ...SIGN_HASH_BINDING,
  rule({
    name: 'replay-in-sign-doc',
    rule: 'A SAD that signHash has spent is spent for signDoc, too.',
    attacks: ['S04'],
    run: async (trial) => {
      if (!textsAt(await infoOf(trial), 'methods').includes(SIGN_DOC))
        throw new NotOffered('`info` does not name signatures/signDoc')
      await requireFormat(trial, 'C')
      const prepared = await prepare(trial)
      await signed(trial, prepared)
      const body = await signDocBody(trial, { ...prepared, format: 'C' })
      refused(await post(trial, SIGN_DOC, body))
    },
  }),
])
