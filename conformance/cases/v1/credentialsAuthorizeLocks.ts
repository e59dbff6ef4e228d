import { altered } from '../../acts/altered.ts'
import { askToAuthorize, AUTHORIZE } from '../../acts/askToAuthorize.ts'
import { authorizeBodyAnyway } from '../../acts/authorizeBodyAnyway.ts'
import { credential } from '../../acts/credential.ts'
import type { Credential } from '../../acts/credentials.ts'
import { demandsOf } from '../../acts/factors.ts'
import { lockableUser } from '../../acts/users.ts'
import { casesOf, rule } from '../../case.ts'
import { holds, refusedAsOneOf } from '../../expect.ts'
import { textAt } from '../../json.ts'
import type { Trial } from '../../trial.ts'
import { shown } from '../../wire/answer.ts'

const DEFAULT_ATTEMPTS = 20

const SECTION = { version: 'v1', method: AUTHORIZE, clause: '11.6' } as const

/** What many wrong factors lead to. Where both are demanded, both may be locked, and the service names either. */
export const credentialsAuthorizeLocks = casesOf(SECTION, [
  rule({
    name: 'pin-locked',
    row: 'pin-locked',
    rule: 'A PIN is locked after some wrong ones: then the right one is refused, too.',
    attacks: ['O01'],
    destructive: 'locks the PIN of `lockable`',
    run: (trial) => locked(trial, 'PIN'),
  }),
  rule({
    name: 'otp-locked',
    row: 'otp-locked',
    rule: 'An OTP is locked after some wrong ones, though each was for a code that was newly sent.',
    attacks: ['O01', 'O02'],
    destructive: 'locks the OTP of `lockable`',
    run: (trial) => locked(trial, 'OTP'),
  }),
])

async function locked(trial: Trial, name: 'PIN' | 'OTP'): Promise<void> {
  const one = await lockFactor(trial, name)
  const answer = await askToAuthorize(trial, await authorizeBodyAnyway(trial, one), { as: one.user })
  const demanded = demandsOf(trial, one).map(({ id }) =>
    trial.errors.row(SECTION, `${id.toLowerCase()}-locked`),
  )
  refusedAsOneOf(trial, answer, demanded)
}

/** Gives wrong values, each beside a code that was newly sent, until the service says that something is locked. */
export async function lockFactor(trial: Trial, name: 'PIN' | 'OTP'): Promise<Credential> {
  const user = lockableUser(trial)
  const one = await credential(trial, { of: user, factor: name === 'PIN' ? 'fixed' : 'sent' })
  const attempts = trial.account.lockAfter ?? DEFAULT_ATTEMPTS
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const body = await authorizeBodyAnyway(trial, one)
    const wrong = { ...body, [name]: altered(String(body[name])) }
    const answer = await askToAuthorize(trial, wrong, { as: user })
    holds(answer.status === 400, `a wrong ${name} is a 400, got ${shown(answer)}`)
    if (textAt(answer.json, 'error_description')?.endsWith(' locked') === true) break
  }
  return one
}
