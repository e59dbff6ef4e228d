import { altered } from '../../acts/altered.ts'
import { allPages, pageOf } from '../../acts/pages.ts'
import { isUserSpecific } from '../../acts/isUserSpecific.ts'
import { post } from '../../acts/post.ts'
import { otherUser } from '../../acts/users.ts'
import { casesOf, row, rule, variants } from '../../case.ts'
import { answered, holds, refusedAs } from '../../expect.ts'
import { at, textsAt } from '../../json.ts'
import { NotOffered, NotRun } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import { shown } from '../../wire/answer.ts'
import { callerCases } from '../common/callerCases.ts'
import { formCase } from '../common/formCase.ts'

const METHOD = 'credentials/list'
const SECTION = { version: 'v1', method: METHOD, clause: '11.4' } as const
const base64 = (text: string): string => Buffer.from(text).toString('base64')

export const credentialsList = casesOf(SECTION, [
  ...callerCases(() => Promise.resolve({})),
  rule({
    name: 'members',
    rule: 'credentialIDs is a list of texts, each credential once.',
    run: async (trial) => {
      const list = at(answered(await post(trial, METHOD, {})), 'credentialIDs')
      holds(Array.isArray(list), 'credentialIDs is missing, or no list')
      holds(
        list.every((one) => typeof one === 'string' && one !== ''),
        'credentialIDs has something else than a text',
      )
      holds(new Set(list).size === list.length, 'credentialIDs has one twice')
    },
  }),
  rule({
    name: 'listed-are-known',
    rule: 'Each credential of the list is one that credentials/info knows.',
    run: async (trial) => {
      for (const { ids } of await allPages(trial))
        for (const credentialID of ids) answered(await post(trial, 'credentials/info', { credentialID }))
    },
  }),
  rule({
    name: 'only-own',
    rule: 'Two users see no credential of each other.',
    attacks: ['I02'],
    run: async (trial) => {
      const own = (await allPages(trial)).flatMap(({ ids }) => ids)
      const { ids } = await pageOf(trial, {}, { as: otherUser(trial) })
      const shared = ids.find((id) => own.includes(id))
      holds(shared === undefined, `both lists have ${shared ?? ''}`)
    },
  }),
  rule({
    name: 'page-size',
    rule: 'A page has at most maxResults credentials.',
    run: async (trial) => {
      await severalOf(trial)
      for (const { ids } of await allPages(trial, 1)) holds(ids.length <= 1, `a page of 1 has ${ids.length}`)
    },
  }),
  rule({
    name: 'pages-are-the-list',
    rule: 'All pages together are the list: nothing is left out, and nothing comes twice.',
    run: async (trial) => {
      const whole = await severalOf(trial)
      for (const size of [1, 2]) {
        const paged = (await allPages(trial, size)).flatMap(({ ids }) => ids)
        holds(
          [...paged].sort().join(' ') === [...whole].sort().join(' '),
          `pages of ${size} have ${paged.length} credentials, the list has ${whole.length}`,
        )
      }
    },
  }),
  rule({
    name: 'last-page',
    rule: 'The last page has no nextPageToken, also when it is full.',
    run: async (trial) => {
      const whole = await severalOf(trial)
      const { ids, next } = await pageOf(trial, { maxResults: whole.length })
      if (ids.length < whole.length) throw new NotRun('a list that fits on one page')
      holds(next === undefined, 'nextPageToken leads behind the last page')
    },
  }),
  rule({
    name: 'page-token-again',
    level: 'SHOULD',
    rule: 'A page whose answer was lost can be asked for again.',
    run: async (trial) => {
      const pageToken = await tokenOfSecondPage(trial)
      const one = await pageOf(trial, { maxResults: 1, pageToken })
      const again = await pageOf(trial, { maxResults: 1, pageToken })
      holds(one.ids.join() === again.ids.join(), 'the same token gives another page')
    },
  }),
  rule({
    name: 'max-results-out-of-range',
    rule: 'A maxResults out of range is no error: the service takes its own maximum.',
    run: async (trial) => {
      for (const maxResults of [0, -1, 1_000_000_000, Number.MAX_SAFE_INTEGER])
        answered(await post(trial, METHOD, { maxResults }))
    },
  }),
  row({
    row: 'page-token-invalid',
    rule: 'A page token that was never given out is refused.',
    send: (trial) => post(trial, METHOD, { maxResults: 1, pageToken: 'bm9ib2R5LWdhdmUtdGhpcw' }),
  }),
  variants({
    name: 'page-token-altered',
    row: 'page-token-invalid',
    rule: 'A page token that was changed, cut or added to is refused.',
    send: async (trial) => {
      const token = await tokenOfSecondPage(trial)
      const changed = [altered(token), token.slice(0, -4), `${token}AAAA`]
      return Promise.all(changed.map((pageToken) => post(trial, METHOD, { maxResults: 1, pageToken })))
    },
  }),
  variants({
    name: 'page-token-guessed',
    row: 'page-token-invalid',
    rule: 'A page token cannot be guessed: it is neither a number, nor a credential, in base64 or not.',
    send: async (trial) => {
      const [first = '', second = ''] = await severalOf(trial)
      // So that there is one to be guessed.
      await tokenOfSecondPage(trial)
      const guesses = ['1', '2', base64('1'), base64('2'), first, second, base64(first), base64(second)]
      return Promise.all(guesses.map((pageToken) => post(trial, METHOD, { maxResults: 1, pageToken })))
    },
  }),
  variants({
    name: 'page-token-no-text',
    row: 'page-token-invalid',
    rule: 'A page token is a text.',
    send: (trial) =>
      Promise.all([1, true, ['a'], { a: 'b' }].map((pageToken) => post(trial, METHOD, { pageToken }))),
  }),
  variants({
    name: 'page-token-foreign',
    row: 'page-token-invalid',
    rule: "Another user's page token is refused.",
    send: async (trial) => {
      const { next } = await pageOf(trial, { maxResults: 1 }, { as: otherUser(trial) })
      if (next === undefined) throw new NotRun('another user (`other`) with more than one credential')
      return [await post(trial, METHOD, { maxResults: 1, pageToken: next })]
    },
  }),
  row({
    row: 'user-id-given',
    rule: 'Where the token is of a user, the request names none.',
    send: async (trial) => {
      await isUserSpecific(trial, true)
      return post(trial, METHOD, { userID: 'somebody' })
    },
  }),
  rule({
    name: 'user-id-of-another',
    rule: "A user does not get another one's list by naming them.",
    attacks: ['I02'],
    run: async (trial) => {
      await isUserSpecific(trial, true)
      const { authentication } = otherUser(trial)
      const userID = 'basic' in authentication ? authentication.basic.username : 'admin'
      refusedAs(trial, await post(trial, METHOD, { userID }), trial.errors.row(SECTION, 'user-id-given'))
    },
  }),
  rule({
    name: 'user-id-empty',
    rule: 'A userID that is null or empty names nobody, and is no error.',
    run: async (trial) => {
      await isUserSpecific(trial, true)
      for (const userID of [null, '']) answered(await post(trial, METHOD, { userID }))
    },
  }),
  row({
    row: 'user-id-invalid',
    rule: 'Where the token is of no user, the request names one, in the format of the service.',
    send: async (trial) => {
      await isUserSpecific(trial, false)
      return post(trial, METHOD, { userID: '\u0000'.repeat(2048) })
    },
  }),
  rule({
    name: 'optional-members',
    level: 'SHOULD',
    rule: '`null` stands for an optional member that is not given; clientData is any text.',
    run: async (trial) => {
      const answer = await post(trial, METHOD, { maxResults: null, pageToken: null, clientData: 'case 17' })
      holds(textsAt(answered(answer), 'credentialIDs').length > 0, `no credentials: ${shown(answer)}`)
    },
  }),
  formCase({
    good: (trial) => post(trial, METHOD, {}),
    bad: (trial) => post(trial, METHOD, { pageToken: 'bm9ib2R5LWdhdmUtdGhpcw' }),
  }),
])

/** The whole list. Throws NotRun when there are no two, and so no two pages. */
async function severalOf(trial: Trial): Promise<readonly string[]> {
  const whole = (await allPages(trial)).flatMap(({ ids }) => ids)
  if (whole.length < 2) throw new NotRun('a user with more than one credential')
  return whole
}

async function tokenOfSecondPage(trial: Trial): Promise<string> {
  await severalOf(trial)
  const { next } = await pageOf(trial, { maxResults: 1 })
  if (next === undefined) throw new NotOffered('`credentials/list` gives no pages')
  return next
}
