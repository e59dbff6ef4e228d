import { usableCredentials } from '../../acts/credentials.ts'
import { hashesOf, newDocument } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { hashesName, prepare, SIGN_HASH, signed, verifiedIn } from '../../acts/signHash.ts'
import { keyKind } from '../../acts/credentials.ts'
import { dropToken } from '../../acts/login.ts'
import { lifetimeOf, otherUser } from '../../acts/users.ts'
import { row, rowOf, rule, variants, type CaseIn } from '../../case.ts'
import { answered, holds, refused, refusedAs, refusedAsOneOf } from '../../expect.ts'
import { NotRun } from '../../outcome.ts'

const CONNECTIONS = 50

/** A SAD signs what it was given for: these hashes, with this key, for this user, once, in time. */
export const SIGN_HASH_BINDING: readonly CaseIn[] = [
  variants({
    name: 'replay',
    row: 'sad-invalid',
    rule: 'A SAD that has signed is spent: the same request again is refused, at once and later.',
    attacks: ['S04'],
    send: async (trial) => {
      const prepared = await prepare(trial)
      await signed(trial, prepared)
      const again = async (): ReturnType<typeof post> => post(trial, SIGN_HASH, prepared.body)
      return [await again(), await again()]
    },
  }),
  rule({
    name: 'spent-with-another-hash',
    rule: 'A SAD that has signed as often as was authorized signs no other hash.',
    attacks: ['S04', 'S07'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      await signed(trial, prepared)
      refused(
        await post(trial, SIGN_HASH, {
          ...prepared.body,
          [hashesName(trial)]: [newDocument(prepared.scheme.hash).hash],
        }),
      )
    },
  }),
  rule({
    name: 'signed-hash-again',
    rule: 'A hash that was signed is not signed again while the SAD still has others.',
    attacks: ['S04', 'S08'],
    run: async (trial) => {
      const prepared = await prepare(trial, { count: 2, scal: '2' })
      const documents = prepared.documents.slice(0, 1)
      const body = { ...prepared.body, [hashesName(trial)]: hashesOf(documents) }
      await signed(trial, { ...prepared, documents, body })
      refused(await post(trial, SIGN_HASH, body))
    },
  }),
  rule({
    name: 'at-once',
    rule: `A SAD for one signature that comes ${CONNECTIONS} times at once, over as many connections, signs once.`,
    attacks: ['S05'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      const over = trial.service.withConnections(CONNECTIONS)
      const answers = await Promise.all(
        Array.from({ length: CONNECTIONS }, () => post(trial, SIGN_HASH, prepared.body, { over })),
      )
      const good = answers.filter(({ status }) => status === 200)
      holds(good.length === 1, `${good.length} of ${CONNECTIONS} requests were signed`)
      for (const answer of answers)
        if (answer.status === 200) verifiedIn(prepared, answer.json)
        else
          holds(answer.status < 500 || answer.status === 503, `a refusal, or too busy; got ${answer.status}`)
    },
  }),
  rule({
    name: 'parts-at-once',
    rule: 'Of two hashes that come many times at once, each is signed at most once.',
    attacks: ['S05', 'S08'],
    run: async (trial) => {
      const prepared = await prepare(trial, { count: 2, scal: '2' })
      const over = trial.service.withConnections(10)
      const counts = await Promise.all(
        prepared.documents.map(async (document) => {
          const body = { ...prepared.body, [hashesName(trial)]: [document.hash] }
          const all = Array.from({ length: 5 }, () => post(trial, SIGN_HASH, body, { over }))
          return (await Promise.all(all)).filter(({ status }) => status === 200).length
        }),
      )
      holds(
        counts.every((count) => count <= 1),
        `signed ${counts.join(' and ')} times`,
      )
      holds(
        counts.some((count) => count === 1),
        'none was signed',
      )
    },
  }),
  rule({
    name: 'same-hash-twice-authorized-once',
    rule: 'A hash that was authorized once is not signed twice in one request: the whole request is refused.',
    attacks: ['S09'],
    run: async (trial) => {
      const prepared = await prepare(trial, { count: 2, scal: '2' })
      const [hash] = hashesOf(prepared.documents)
      refused(await post(trial, SIGN_HASH, { ...prepared.body, [hashesName(trial)]: [hash, hash] }))
      await signed(trial, prepared)
    },
  }),
  rule({
    name: 'one-of-several-not-authorized',
    rule: 'One hash too many refuses the whole request: none of the others is signed.',
    attacks: ['S13'],
    run: async (trial) => {
      const prepared = await prepare(trial, { count: 5, scal: '2' })
      const hash = [...hashesOf(prepared.documents.slice(0, 4)), newDocument(prepared.scheme.hash).hash]
      const answer = await post(trial, SIGN_HASH, { ...prepared.body, [hashesName(trial)]: hash })
      refusedAs(trial, answer, rowOf(trial, SIGN_HASH, 'hash-not-authorized'))
      await signed(trial, prepared)
    },
  }),
  rule({
    name: 'more-than-authorized',
    rule: 'More hashes than signatures were authorized are refused, whatever the hashes are.',
    attacks: ['S11'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      const hash = [...hashesOf(prepared.documents), newDocument(prepared.scheme.hash).hash]
      refused(await post(trial, SIGN_HASH, { ...prepared.body, [hashesName(trial)]: hash }))
    },
  }),
  rule({
    name: 'sad-of-another-user',
    rule: "With another user's token a SAD signs nothing, and it stays good for its own user.",
    attacks: ['S01'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      const answer = await post(trial, SIGN_HASH, prepared.body, { as: otherUser(trial) })
      refusedAsOneOf(trial, answer, [
        rowOf(trial, SIGN_HASH, 'sad-invalid'),
        rowOf(trial, SIGN_HASH, 'credential-invalid'),
      ])
      await signed(trial, prepared)
    },
  }),
  rule({
    name: 'sad-of-another-user-for-own-key',
    rule: "Another user's SAD does not open one's own key.",
    attacks: ['S01', 'S02'],
    run: async (trial) => {
      const others = await prepare(trial, { of: otherUser(trial) })
      const own = await prepare(trial)
      refused(await post(trial, SIGN_HASH, { ...own.body, SAD: others.sad }))
      await signed(trial, own)
      await signed(trial, others)
    },
  }),
  rule({
    name: 'sad-of-another-credential',
    rule: 'The SAD of one credential does not open another one of the same user, and stays good for its own.',
    attacks: ['S02'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      const all = await usableCredentials(trial, trial.account.user)
      const others = all.filter(({ id }) => id !== prepared.credential.id)
      const kind = keyKind(prepared.credential)
      const other = others.find((one) => keyKind(one) === kind) ?? others[0]
      if (other === undefined) throw new NotRun('a user with two enabled credentials')
      const signAlgo = keyKind(other) === kind ? prepared.scheme.signAlgo : other.algos[0]
      const answer = await post(trial, SIGN_HASH, { ...prepared.body, credentialID: other.id, signAlgo })
      refused(answer)
      await signed(trial, prepared)
    },
  }),
  rule({
    name: 'sad-without-token',
    rule: 'A SAD alone is not enough: without the service token nothing is signed, and with it the SAD still is good.',
    run: async (trial) => {
      const prepared = await prepare(trial)
      refused(await post(trial, SIGN_HASH, prepared.body, { authorization: undefined }))
      refused(await post(trial, SIGN_HASH, prepared.body, { authorization: `Bearer ${prepared.sad}` }))
      await signed(trial, prepared)
    },
  }),
  rule({
    name: 'sad-is-no-service-token',
    rule: 'A SAD does not open the other methods of the service.',
    attacks: ['A09'],
    run: async (trial) => {
      const { sad } = await prepare(trial)
      const answer = await post(trial, 'credentials/list', {}, { authorization: `Bearer ${sad}` })
      refused(answer)
    },
  }),
  rule({
    name: 'two-sads',
    rule: 'Two authorizations live side by side, and do not sign for each other.',
    attacks: ['S07'],
    run: async (trial) => {
      const [one, other] = [await prepare(trial, { scal: '2' }), await prepare(trial, { scal: '2' })]
      const answer = await post(trial, SIGN_HASH, {
        ...one.body,
        [hashesName(trial)]: other.body[hashesName(trial)],
      })
      refusedAs(trial, answer, rowOf(trial, SIGN_HASH, 'hash-not-authorized'))
      answered(await post(trial, SIGN_HASH, one.body))
      await signed(trial, other)
    },
  }),
  row({
    row: 'sad-expired',
    rule: 'A SAD whose time is over signs nothing.',
    attacks: ['S14'],
    waits: 'for a SAD to expire',
    send: async (trial) => {
      const seconds = lifetimeOf(trial, 'sad')
      dropToken(trial)
      const { body } = await prepare(trial)
      await trial.wait(seconds + 1)
      return post(trial, SIGN_HASH, body)
    },
  }),
]
