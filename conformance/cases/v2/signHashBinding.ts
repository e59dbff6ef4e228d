import { post } from '../../acts/post.ts'
import { hashesOf } from '../../acts/documents.ts'
import { requireFormat, SIGN_DOC, signDocBody } from '../../acts/signDoc.ts'
import { prepare, SIGN_HASH, signed, signHashBody } from '../../acts/signHash.ts'
import { certificateExpiredCase, otpOfTheSadCase } from '../common/lateRows.ts'
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
  rule({
    name: 'part-now-rest-later',
    rule: 'A part of the hashes may be signed now and the rest with the same SAD, or with its extension: what a service does is noted.',
    attacks: ['S08'],
    run: async (trial) => {
      const prepared = await prepare(trial, { count: 3, scal: '2' })
      const [now, later] = [prepared.documents.slice(0, 1), prepared.documents.slice(1)]
      const some = { ...prepared.body, hashes: hashesOf(now) }
      await signed(trial, { ...prepared, documents: now, body: some })
      const rest = { ...prepared.body, hashes: hashesOf(later) }
      const answer = await post(trial, SIGN_HASH, rest)
      trial.note(`seen: the rest with the same SAD is answered ${answer.status}`)
      if (answer.status !== 200) refused(answer)
    },
  }),
  otpOfTheSadCase,
  certificateExpiredCase((trial, { credential: one, sad, documents, scheme }) =>
    post(trial, SIGN_HASH, signHashBody(trial, one, sad, documents, scheme)),
  ),
])
