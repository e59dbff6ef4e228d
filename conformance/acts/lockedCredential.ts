import { holds } from '../expect.ts'
import { listAt, textAt } from '../json.ts'
import type { Trial } from '../trial.ts'
import { shown } from '../wire/answer.ts'
import { altered } from './altered.ts'
import { askToAuthorize } from './askToAuthorize.ts'
import { authorizeBodyAnyway } from './authorizeBodyAnyway.ts'
import { credential } from './credential.ts'
import type { Credential } from './credentials.ts'
import { lockableUser } from './users.ts'

const DEFAULT_ATTEMPTS = 20

/**
 * A credential of version 2 after as many wrong factors as lock it, each beside a code that was newly sent; whether it is
 * locked is for the case to see. Throws NotRun without `lockable`, Refuted when a wrong factor is no refusal.
 */
export async function lockedCredential(trial: Trial): Promise<Credential> {
  const one = await credential(trial, { of: lockableUser(trial), factor: 'fixed' })
  for (let count = 0; count < (trial.account.lockAfter ?? DEFAULT_ATTEMPTS); count++) {
    const body = await authorizeBodyAnyway(trial, one)
    const authData = listAt(body, 'authData').map(valueChanged)
    const answer = await askToAuthorize(trial, { ...body, authData }, { as: one.user })
    holds(answer.status === 400, `a wrong factor is a 400, got ${shown(answer)}`)
    if (textAt(answer.json, 'error_description')?.endsWith(' locked') === true) break
  }
  return one
}

function valueChanged(object: unknown): object {
  return { id: textAt(object, 'id'), value: altered(textAt(object, 'value') ?? '') }
}
