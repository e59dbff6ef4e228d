import { post } from '../../acts/post.ts'
import { row, rule, variants, type CaseIn } from '../../case.ts'
import { holds, refused } from '../../expect.ts'
import { NotOffered } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import { shown } from '../../wire/answer.ts'

/** What a method does that needs a service token. `bodyOf` makes an otherwise good request. */
export function callerCases(bodyOf: (trial: Trial) => Promise<object>): readonly CaseIn[] {
  return [
    (section) =>
      row({
        row: 'header-malformed',
        rule: 'A call without an Authorization header is refused.',
        send: async (trial) => {
          needsToken(trial)
          return post(trial, section.method, await bodyOf(trial), { authorization: undefined })
        },
      })(section),
    (section) =>
      variants({
        name: 'header-other-scheme',
        row: 'header-malformed',
        rule: 'An Authorization header of another scheme than Bearer is refused as malformed.',
        send: async (trial) => {
          needsToken(trial)
          const authorization = `Basic ${Buffer.from('name:password').toString('base64')}`
          return [await post(trial, section.method, await bodyOf(trial), { authorization })]
        },
      })(section),
    (section) =>
      rule({
        name: 'token-unknown',
        rule: 'A well-formed token that was never given out is refused with 401.',
        run: async (trial) => {
          needsToken(trial)
          const authorization = 'Bearer bm9ib2R5LWhhcy1ldmVyLWdpdmVuLXRoaXMtb3V0'
          const answer = await post(trial, section.method, await bodyOf(trial), { authorization })
          refused(answer)
          holds(answer.status === 401, `a bad token is a 401, got ${shown(answer)}`)
        },
      })(section),
  ]
}

/** Throws NotOffered where TLS or the network says who one is. */
export function needsToken({ account }: Trial): void {
  if ('none' in account.user.authentication)
    throw new NotOffered('who calls is told by TLS or the network, not by a token')
}
