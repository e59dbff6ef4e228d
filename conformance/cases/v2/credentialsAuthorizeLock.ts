import { askToAuthorize, AUTHORIZE } from '../../acts/askToAuthorize.ts'
import { authorizeBodyAnyway } from '../../acts/authorizeBodyAnyway.ts'
import { lockedCredential } from '../../acts/lockedCredential.ts'
import { casesOf, rowOf, rule } from '../../case.ts'
import { refusedAs } from '../../expect.ts'

/** What many wrong factors lead to. */
export const credentialsAuthorizeLock = casesOf({ version: 'v2', method: AUTHORIZE, clause: '11.6' }, [
  rule({
    name: 'locked',
    row: 'locked',
    rule: 'After some wrong values, though each was beside a code newly sent, the right one is refused, too.',
    attacks: ['O01', 'O02'],
    destructive: 'locks a factor of `lockable`',
    run: async (trial) => {
      const one = await lockedCredential(trial)
      const last = await askToAuthorize(trial, await authorizeBodyAnyway(trial, one), { as: one.user })
      refusedAs(trial, last, rowOf(trial, AUTHORIZE, 'locked'))
    },
  }),
])
