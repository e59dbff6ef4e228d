import { altered } from '../acts/altered.ts'
import type { Secrets } from '../wire/secrets.ts'
import type { Account, User } from './account.ts'
import { secretIn } from './secretIn.ts'

/**
 * Makes known what the account file's secret files hold, so that no report shows it. Throws Error with a sentence that
 * names a file that cannot be read, or that others may read.
 */
export async function learnAccountSecrets(account: Account, secrets: Secrets): Promise<void> {
  for (const user of [account.user, account.other, account.lockable])
    if (user !== undefined) await learnUserSecrets(user, secrets)
}

async function learnUserSecrets({ authentication, factors }: User, secrets: Secrets): Promise<void> {
  if ('basic' in authentication) learn(secrets, await secretIn(authentication.basic.passwordFile), 'password')
  if ('bearer' in authentication) secrets.add(await secretIn(authentication.bearer.tokenFile), 'token')
  for (const [id, source] of Object.entries(factors)) {
    if ('file' in source) learn(secrets, await secretIn(source.file), id)
    if ('secretFile' in source) secrets.add(await secretIn(source.secretFile), `secret of ${id}`)
  }
}

/** With what cases make of it to see that it is refused: whoever knows how finds the way back. */
function learn(secrets: Secrets, value: string, name: string): void {
  secrets.add(value, name)
  secrets.add(altered(value), `altered ${name}`)
  secrets.add(value.slice(0, -1), `shortened ${name}`)
  secrets.add(value.toUpperCase(), `${name} in capitals`)
  secrets.add(value.toLowerCase(), `${name} in small letters`)
}
