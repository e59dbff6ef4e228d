import { authorize } from '../../acts/authorize.ts'
import { credential } from '../../acts/credential.ts'
import type { Credential } from '../../acts/credentials.ts'
import { newDocument, type HashName } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { offeredSchemes, usualHash, type Scheme } from '../../acts/schemes.ts'
import { SIGN_HASH, signHashBody } from '../../acts/signHash.ts'
import { casesOf, row } from '../../case.ts'
import { NotOffered } from '../../outcome.ts'
import { SIGN_HASH_MISMATCHES } from '../common/signHashMismatchCases.ts'

/** Algorithms, parameters and hashes that do not fit each other. */
export const signHashMismatches = casesOf({ version: 'v1', method: SIGN_HASH, clause: '11.9' }, [
  ...SIGN_HASH_MISMATCHES,
  row({
    row: 'digest-length',
    rule: 'A hash of another length than the algorithm has is refused.',
    attacks: ['H01'],
    send: async (trial) => {
      const one = await credential(trial)
      const hash = usualHash(one)
      const longer = longerSchemeOf(one, hash)
      const documents = [newDocument(hash)]
      const sad = await authorize(trial, one, documents)
      return post(trial, SIGN_HASH, signHashBody(trial, one, sad, documents, longer))
    },
  }),
])

/** Another algorithm of the key, for a longer hash. Throws NotOffered. */
function longerSchemeOf(one: Credential, hash: HashName): Scheme {
  const names: readonly HashName[] = ['sha256', 'sha384', 'sha512']
  const longer = names.slice(names.indexOf(hash) + 1)
  const found = offeredSchemes(one).find((scheme) => scheme.kind !== 'pss' && longer.includes(scheme.hash))
  if (found === undefined) throw new NotOffered(`key/algo of ${one.id} has nothing with a longer hash`)
  return found
}
