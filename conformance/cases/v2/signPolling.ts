import { altered } from '../../acts/altered.ts'
import { begun, outcomeOf, poll, SIGN_POLLING } from '../../acts/asynchronous.ts'
import { credential } from '../../acts/credential.ts'
import { post } from '../../acts/post.ts'
import { detachedIn, prepareDocs, SIGN_DOC } from '../../acts/signDoc.ts'
import { prepare, SIGN_HASH, verifiedIn } from '../../acts/signHash.ts'
import { otherUser } from '../../acts/users.ts'
import { casesOf, row, rowOf, rule, variants } from '../../case.ts'
import { answered, holds, refused, refusedAs } from '../../expect.ts'
import { textAt, textsAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import { infoOf } from '../../run/offers.ts'
import type { Trial } from '../../trial.ts'
import { shown } from '../../wire/answer.ts'
import { callerCases } from '../common/callerCases.ts'
import { formCase } from '../common/formCase.ts'

const SECTION = { version: 'v2', method: SIGN_POLLING, clause: '11.12' } as const
const KEPT_MS = 3000

export const signPolling = casesOf(SECTION, [
  ...callerCases(async (trial) => ({ requestID: await hashBegun(trial) })),
  rule({
    name: 'hash-outcome',
    rule: 'A request of signHash in mode A gives a responseID; asked for with it, its signatures come and verify.',
    run: async (trial) => {
      const prepared = await prepare(trial, { count: 2 })
      const id = await begun(trial, SIGN_HASH, prepared.body, prepared.credential.user)
      verifiedIn(prepared, answered(await outcomeOf(trial, id)))
    },
  }),
  rule({
    name: 'document-outcome',
    rule: 'A request of signDoc in mode A gives a responseID; asked for with it, its signatures come and verify.',
    run: async (trial) => {
      if (!textsAt(await infoOf(trial), 'methods').includes(SIGN_DOC))
        throw new NotOffered('`info` does not name signatures/signDoc')
      const prepared = await prepareDocs(trial)
      const id = await begun(trial, SIGN_DOC, prepared.body, prepared.credential.user)
      detachedIn(prepared, answered(await outcomeOf(trial, id)))
    },
  }),
  rule({
    name: 'pending',
    row: 'not-yet',
    rule: 'While there is no outcome the answer is 202 with the error accepted_request; a service that is done sooner answers 200 at once.',
    run: async (trial) => {
      const { multisign } = await credential(trial)
      const prepared = await prepare(trial, { count: Math.min(multisign, 50) })
      const id = await begun(trial, SIGN_HASH, prepared.body, prepared.credential.user)
      const answer = await poll(trial, id)
      if (answer.status === 202) {
        const { error, description } = rowOf(trial, SIGN_POLLING, 'not-yet')
        holds(textAt(answer.json, 'error') === error, `expected ${error}, got ${shown(answer)}`)
        if (textAt(answer.json, 'error_description') !== description) trial.warn('the description is another')
        trial.note('seen: 202')
      } else trial.note(`seen: ${answer.status} at once`)
      verifiedIn(prepared, answered(await outcomeOf(trial, id)))
    },
  }),
  rule({
    name: 'refusal-of-the-request',
    rule: 'What mode S refuses, mode A refuses, too: at once, or as its outcome; it never signs.',
    attacks: ['S07'],
    run: async (trial) => {
      const prepared = await prepare(trial, { scal: '2' })
      const others = await prepare(trial, { scal: '2' })
      const body = { ...prepared.body, hashes: others.body['hashes'], operationMode: 'A' }
      const answer = await post(trial, SIGN_HASH, body)
      trial.note(`seen: signHash answers ${answer.status}`)
      const id = textAt(answer.json, 'responseID')
      refused(answer.status === 200 && id !== undefined ? await outcomeOf(trial, id) : answer)
    },
  }),
  rule({
    name: 'sad-is-spent',
    rule: 'A SAD that was used in mode A is spent, whether or not the outcome was asked for.',
    attacks: ['S04'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      const id = await begun(trial, SIGN_HASH, prepared.body, prepared.credential.user)
      answered(await outcomeOf(trial, id))
      refused(await post(trial, SIGN_HASH, prepared.body))
    },
  }),
  rule({
    name: 'asked-again',
    level: 'MAY',
    rule: 'The outcome may be asked for again, for an answer may be lost on its way.',
    run: async (trial) => {
      const id = await hashBegun(trial)
      const first = answered(await outcomeOf(trial, id))
      const second = answered(await poll(trial, id))
      holds(JSON.stringify(first) === JSON.stringify(second), 'the second answer is another one')
    },
  }),
  rule({
    name: 'foreign-request',
    rule: "Another user's request is answered exactly as one that does not exist.",
    attacks: ['I01', 'I05'],
    run: async (trial) => {
      const id = await hashBegun(trial)
      const other = otherUser(trial)
      const [foreign, none] = [await poll(trial, id, other), await poll(trial, altered(id), other)]
      refusedAs(trial, foreign, rowOf(trial, SIGN_POLLING, 'request-invalid'))
      holds(shown(foreign) === shown(none), `another's: ${shown(foreign)}; none: ${shown(none)}`)
      answered(await outcomeOf(trial, id))
    },
  }),
  rule({
    name: 'validity-ends',
    rule: 'When validity_period is over, the outcome is gone.',
    waits: 'for a result to be dropped',
    run: async (trial) => {
      const { body, credential: one } = await prepare(trial)
      const id = await begun(trial, SIGN_HASH, { ...body, validity_period: KEPT_MS }, one.user)
      answered(await outcomeOf(trial, id))
      await trial.wait(KEPT_MS / 1000 + 1)
      refusedAs(trial, await poll(trial, id), rowOf(trial, SIGN_POLLING, 'request-invalid'))
    },
  }),
  row({
    row: 'request-missing',
    rule: 'Without requestID nothing is told.',
    send: (trial) => post(trial, SIGN_POLLING, {}),
  }),
  variants({
    name: 'request-no-text',
    row: 'request-missing',
    rule: 'requestID is a text.',
    send: (trial) =>
      Promise.all(
        [17, true, ['a'], { a: 'b' }, null].map((requestID) => post(trial, SIGN_POLLING, { requestID })),
      ),
  }),
  row({
    row: 'request-invalid',
    rule: 'A requestID that was never given out is refused.',
    attacks: ['I05'],
    send: async (trial) => poll(trial, altered(await hashBegun(trial))),
  }),
  row({
    row: 'user-id-given',
    rule: 'Where the token is of a user, the request names none.',
    send: async (trial) => {
      userSpecific(trial)
      return post(trial, SIGN_POLLING, { requestID: await hashBegun(trial), userID: 'somebody' })
    },
  }),
  row({
    row: 'user-id-invalid',
    rule: 'Where the token is of no user, a malformed userID is refused.',
    send: async (trial) => {
      if (!('none' in trial.account.user.authentication))
        throw new NotOffered('the token is of a user, so that any userID is refused by another row')
      return post(trial, SIGN_POLLING, { requestID: await hashBegun(trial), userID: '\u0000' })
    },
  }),
  row({
    row: 'client-data-invalid',
    rule: 'clientData is a text.',
    send: async (trial) => post(trial, SIGN_POLLING, { requestID: await hashBegun(trial), clientData: 17 }),
  }),
  formCase({
    good: async (trial) => outcomeOf(trial, await hashBegun(trial)),
    bad: (trial) => poll(trial, 'nothing'),
  }),
])

async function hashBegun(trial: Trial): Promise<string> {
  const { body, credential: one } = await prepare(trial)
  return begun(trial, SIGN_HASH, body, one.user)
}

function userSpecific({ account }: Trial): void {
  if ('none' in account.user.authentication) throw new NotOffered('the authorization is of no user')
}
