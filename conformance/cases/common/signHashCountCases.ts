import { credential, credentialOfMost } from '../../acts/credential.ts'
import { authorize } from '../../acts/authorize.ts'
import { hashesOf, newDocument, newDocuments, type Document } from '../../acts/documents.ts'
import { EXTEND, extended } from '../../acts/extend.ts'
import { post } from '../../acts/post.ts'
import { schemeOf, usualHash } from '../../acts/schemes.ts'
import {
  preparedFor,
  SIGN_HASH,
  signed,
  signHashBody,
  verifiedIn,
  withHashes,
  type Prepared,
} from '../../acts/signHash.ts'
import { rowOf, rule, type CaseIn } from '../../case.ts'
import { refused, refusedAs } from '../../expect.ts'
import { offers } from '../../run/offers.ts'
import type { Trial } from '../../trial.ts'

const MOST = 1000

/** How often something is signed: each hash as often as it was authorized, and as many as there are. */
export const SIGN_HASH_COUNTS: readonly CaseIn[] = [
  rule({
    name: 'same-hash-twice',
    rule: 'A hash that was authorized twice is signed twice, also in one request, and not a third time.',
    attacks: ['S09'],
    run: async (trial) => {
      const prepared = await preparedTwice(trial)
      await signed(trial, prepared)
      refused(await post(trial, SIGN_HASH, firstOf(trial, prepared).body))
    },
  }),
  rule({
    name: 'same-hash-twice-in-turn',
    rule: 'A hash that was authorized twice is signed in each of two requests, with the same SAD or with its extension, and not in a third one.',
    attacks: ['S08', 'S09'],
    run: async (trial) => {
      const once = firstOf(trial, await preparedTwice(trial))
      await signed(trial, once)
      const { body } = await signedWithIt(trial, once)
      for (const sad of [once.sad, body['SAD']])
        refused(await post(trial, SIGN_HASH, { ...once.body, SAD: sad }))
    },
  }),
  rule({
    name: 'same-hash-three-times-authorized-twice',
    rule: 'A hash that was authorized twice is not signed three times in one request: the whole request is refused.',
    attacks: ['S09'],
    run: async (trial) => {
      const prepared = await preparedTwice(trial)
      const [hash] = hashesOf(prepared.documents)
      refused(await post(trial, SIGN_HASH, withHashes(trial, prepared, [hash, hash, hash])))
      await signed(trial, prepared)
    },
  }),
  rule({
    name: 'as-many-as-multisign',
    rule: `As many hashes as multisign says, ${MOST} at most, are signed in one request, each in its place.`,
    run: async (trial) => {
      const prepared = await preparedMost(trial)
      await signed(trial, preparedFor(trial, prepared, prepared.documents.toReversed()))
      trial.note(`seen: ${prepared.documents.length} signatures`)
    },
  }),
  rule({
    name: 'one-of-most-not-authorized',
    rule: `Of as many hashes as multisign says, ${MOST} at most, one that nobody authorized refuses the whole request, and so does one too many: none is signed.`,
    attacks: ['S13'],
    run: async (trial) => {
      const prepared = await preparedMost(trial, '2')
      const { hash } = newDocument(prepared.scheme.hash)
      const hashes = hashesOf(prepared.documents)
      const answer = await post(trial, SIGN_HASH, withHashes(trial, prepared, [...hashes.slice(1), hash]))
      refusedAs(trial, answer, rowOf(trial, SIGN_HASH, 'hash-not-authorized'))
      refused(await post(trial, SIGN_HASH, withHashes(trial, prepared, [...hashes, hash])))
      await signed(trial, prepared)
      trial.note(`seen: ${hashes.length} hashes`)
    },
  }),
]

/** One document, authorized for two signatures. */
async function preparedTwice(trial: Trial): Promise<Prepared> {
  const one = await credential(trial, { multisign: 2 })
  const scheme = schemeOf(one, usualHash(one))
  const document = newDocument(scheme.hash)
  return preparedOf(trial, { credential: one, scheme }, [document, document])
}

async function preparedMost(trial: Trial, scal?: '2'): Promise<Prepared> {
  const one = await credentialOfMost(trial, scal)
  const scheme = schemeOf(one, usualHash(one))
  const documents = newDocuments(Math.min(one.multisign, MOST), scheme.hash)
  return preparedOf(trial, { credential: one, scheme }, documents)
}

async function preparedOf(
  trial: Trial,
  { credential: one, scheme }: Pick<Prepared, 'credential' | 'scheme'>,
  documents: readonly Document[],
): Promise<Prepared> {
  const sad = await authorize(trial, one, documents)
  return { credential: one, documents, scheme, sad, body: signHashBody(trial, one, sad, documents, scheme) }
}

function firstOf(trial: Trial, prepared: Prepared): Prepared {
  return preparedFor(trial, prepared, prepared.documents.slice(0, 1))
}

/** What is left is signed with the SAD as it is or, where a service wants it renewed before each request, with its extension. */
async function signedWithIt(trial: Trial, prepared: Prepared): Promise<Prepared> {
  const { credential: one, documents, sad, body } = prepared
  const answer = await post(trial, SIGN_HASH, body)
  if (answer.status === 200) {
    trial.note('seen: the same SAD signs in two requests')
    verifiedIn(prepared, answer.json)
    return prepared
  }
  refused(answer)
  if (!(await offers(trial, EXTEND))) {
    trial.note('seen: a SAD signs in one request only')
    return prepared
  }
  trial.note('seen: a SAD must be extended before it signs again')
  const next = { ...prepared, body: { ...body, SAD: await extended(trial, one, sad, documents) } }
  await signed(trial, next)
  return next
}
