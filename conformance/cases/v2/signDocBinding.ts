import { usableCredentials } from '../../acts/credentials.ts'
import { newDocument } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { docsSigned, prepareDocs, SIGN_DOC, signDocBody, withEntry } from '../../acts/signDoc.ts'
import { schemeOf } from '../../acts/schemes.ts'
import { SIGN_HASH, signHashBody } from '../../acts/signHash.ts'
import { dropToken } from '../../acts/login.ts'
import { lifetimeOf, otherUser } from '../../acts/users.ts'
import { casesOf, row, rule } from '../../case.ts'
import { holds, refused } from '../../expect.ts'
import { NotRun } from '../../outcome.ts'
import { foreignCase } from '../common/foreignCase.ts'
import { formCase } from '../common/formCase.ts'
import { certificateExpiredCase } from '../common/lateRows.ts'
import { SIGN_DOC_SECTION } from './signDoc.ts'

const CONNECTIONS = 50

/** A SAD signs the documents that it was given for, with this key, for this user, once, in time. */
export const signDocBinding = casesOf(SIGN_DOC_SECTION, [
  foreignCase(async (trial) => (await prepareDocs(trial)).body),
  formCase({
    good: async (trial) => post(trial, SIGN_DOC, (await prepareDocs(trial)).body),
    bad: async (trial) => post(trial, SIGN_DOC, { ...(await prepareDocs(trial)).body, operationMode: 'Q' }),
  }),
  rule({
    name: 'replay',
    rule: 'A SAD that has signed a document is spent: the same request again is refused.',
    attacks: ['S04'],
    run: async (trial) => {
      const prepared = await prepareDocs(trial)
      await docsSigned(trial, prepared)
      refused(await post(trial, SIGN_DOC, prepared.body))
    },
  }),
  rule({
    name: 'replay-in-sign-hash',
    rule: 'A SAD that signDoc has spent is spent for signHash, too.',
    attacks: ['S04'],
    run: async (trial) => {
      const prepared = await prepareDocs(trial)
      await docsSigned(trial, prepared)
      const { credential: one, sad, documents, scheme } = prepared
      refused(await post(trial, SIGN_HASH, signHashBody(trial, one, sad, documents, scheme)))
    },
  }),
  rule({
    name: 'at-once',
    rule: `A SAD for one document that comes ${CONNECTIONS} times at once, over as many connections, signs once.`,
    attacks: ['S05'],
    run: async (trial) => {
      const { body } = await prepareDocs(trial)
      const over = trial.service.withConnections(CONNECTIONS)
      const answers = await Promise.all(
        Array.from({ length: CONNECTIONS }, () => post(trial, SIGN_DOC, body, { over })),
      )
      const good = answers.filter(({ status }) => status === 200).length
      holds(good === 1, `${good} of ${CONNECTIONS} requests were signed`)
    },
  }),
  rule({
    name: 'one-of-several-not-authorized',
    rule: 'One digest that nobody authorized refuses the whole request: none of the others is signed.',
    attacks: ['S13'],
    run: async (trial) => {
      const prepared = await prepareDocs(trial, { count: 3, scal: '2' })
      const hashes = [...prepared.documents.slice(0, 2), newDocument(prepared.scheme.hash)].map(
        ({ hash }) => hash,
      )
      refused(await post(trial, SIGN_DOC, withEntry(prepared, { hashes })))
      await docsSigned(trial, prepared)
    },
  }),
  rule({
    name: 'same-digest-twice-authorized-once',
    rule: 'A digest that was authorized once is not signed twice in one request.',
    attacks: ['S09'],
    run: async (trial) => {
      const prepared = await prepareDocs(trial, { count: 2, scal: '2' })
      const hash = prepared.documents[0]?.hash
      refused(await post(trial, SIGN_DOC, withEntry(prepared, { hashes: [hash, hash] })))
      await docsSigned(trial, prepared)
    },
  }),
  rule({
    name: 'sad-of-another-user',
    rule: "With another user's token a SAD signs no document, and it stays good for its own user.",
    attacks: ['S01'],
    run: async (trial) => {
      const prepared = await prepareDocs(trial)
      refused(await post(trial, SIGN_DOC, prepared.body, { as: otherUser(trial) }))
      await docsSigned(trial, prepared)
    },
  }),
  rule({
    name: 'sad-of-another-credential',
    rule: 'The SAD of one credential signs no document with another one of the same user.',
    attacks: ['S02'],
    run: async (trial) => {
      const prepared = await prepareDocs(trial)
      const all = await usableCredentials(trial, trial.account.user)
      const other = all.find((one) => one.id !== prepared.credential.id)
      if (other === undefined) throw new NotRun('a user with two enabled credentials')
      const { signAlgo } = schemeOf(other, prepared.scheme.hash)
      const body = { ...withEntry(prepared, { signAlgo }), credentialID: other.id }
      refused(await post(trial, SIGN_DOC, body))
      await docsSigned(trial, prepared)
    },
  }),
  row({
    row: 'sad-expired',
    rule: 'A SAD whose time is over signs no document.',
    attacks: ['S14'],
    waits: 'for a SAD to expire',
    send: async (trial) => {
      const seconds = lifetimeOf(trial, 'sad')
      dropToken(trial)
      const { body } = await prepareDocs(trial)
      await trial.wait(seconds + 1)
      return post(trial, SIGN_DOC, body)
    },
  }),
  certificateExpiredCase(async (trial, authorized) =>
    post(trial, SIGN_DOC, await signDocBody(trial, { ...authorized, format: 'C' })),
  ),
])
