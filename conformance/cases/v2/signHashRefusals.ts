import { requireAsynchronous } from '../../acts/asynchronous.ts'
import type { Body } from '../../acts/authorize.ts'
import { post } from '../../acts/post.ts'
import { prepare, SIGN_HASH } from '../../acts/signHash.ts'
import { casesOf, row, rowOf, rule, type CaseIn } from '../../case.ts'
import { refusedAsOneOf } from '../../expect.ts'
import { SIGN_HASH_REFUSALS } from '../common/signHashRefusalCases.ts'
import { SIGN_HASH_SECTION } from './signHash.ts'

/** The rows of the table whose fault is in the request itself, and their neighbours. */
export const signHashRefusals = casesOf(SIGN_HASH_SECTION, [
  ...SIGN_HASH_REFUSALS,
  row({
    row: 'mode-invalid',
    rule: 'operationMode is S or A.',
    send: async (trial) => post(trial, SIGN_HASH, { ...(await prepare(trial)).body, operationMode: 'Q' }),
  }),
  asynchronously('period-invalid', 'validity_period is a whole number of milliseconds.', {
    validity_period: 'soon',
  }),
  asynchronously('period-out-of-bounds', 'A validity_period beyond all bounds is refused.', {
    validity_period: 1e15,
  }),
  asynchronously('response-uri-invalid', 'response_uri is a URI.', { response_uri: 'nowhere at all' }),
  rule({
    name: 'digest-length',
    row: 'digest-length',
    rule: 'A hash that is too short, too long or empty is refused: for its length, or because nobody could authorize it.',
    attacks: ['H01', 'H09'],
    run: async (trial) => {
      const { body } = await prepare(trial)
      const rows = ['digest-length', 'hash-not-authorized'].map((name) => rowOf(trial, SIGN_HASH, name))
      for (const length of [31, 33, 51, 64]) {
        const hashes = [Buffer.alloc(length, 7).toString('base64')]
        refusedAsOneOf(trial, await post(trial, SIGN_HASH, { ...body, hashes }), rows)
      }
    },
  }),
])

/** A row for a request in mode A. */
function asynchronously(name: string, text: string, change: Body): CaseIn {
  return row({
    row: name,
    rule: text,
    send: async (trial) => {
      await requireAsynchronous(trial)
      return post(trial, SIGN_HASH, { ...(await prepare(trial)).body, operationMode: 'A', ...change })
    },
  })
}
