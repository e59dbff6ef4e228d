import { readAccount } from '../account/readAccount.ts'
import { learnAccountSecrets } from '../account/accountSecrets.ts'
import type { Account, User } from '../account/account.ts'
import { createFactorValues } from '../account/factorValues.ts'
import { post } from '../acts/post.ts'
import { readErrorTables } from '../errorTables.ts'
import { answered } from '../expect.ts'
import { listAt, textAt } from '../json.ts'
import { printable } from '../printable.ts'
import { infoOf, offers } from '../run/offers.ts'
import type { ApiVersion } from '../section.ts'
import { createTrial, type Trial } from '../trial.ts'
import { createSecrets } from '../wire/secrets.ts'
import { openService } from '../wire/service.ts'

/** Calls `info`, logs in and lists credentials, for each version and user. Says each as it goes; false when one failed. */
export async function checkAccount(path: string, say: (line: string) => void): Promise<boolean> {
  const account = await readAccount(path)
  let isGood = true
  for (const version of ['v1', 'v2'] as const) {
    const baseUrl = account.baseUrls[version]
    if (baseUrl !== undefined && !(await checkVersion(account, version, baseUrl, say))) isGood = false
  }
  return isGood
}

async function checkVersion(
  account: Account,
  version: ApiVersion,
  baseUrl: string,
  say: (line: string) => void,
): Promise<boolean> {
  const secrets = createSecrets()
  await learnAccountSecrets(account, secrets)
  const service = await openService(baseUrl, account.tls)
  const trial = createTrial({
    version,
    service,
    account,
    errors: readErrorTables(),
    secrets,
    factorValues: createFactorValues(),
    maxWaitSeconds: 0,
    learned: new Map(),
  })
  const step = async (name: string, act: () => Promise<string>): Promise<boolean> => {
    try {
      say(`${version} ${name}: ${printable(await act())}`)
      return true
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      say(`${version} ${name}: failed: ${printable(secrets.mask(reason))}`)
      return false
    }
  }
  try {
    if (!(await step('info', async () => textAt(await infoOf(trial), 'name') ?? 'no name'))) return false
    const seen: boolean[] = []
    for (const [name, user] of usersOf(account)) seen.push(await step(name, () => listed(trial, user)))
    return seen.every((one) => one)
  } finally {
    await service.close()
  }
}

function usersOf({ user, other, lockable }: Account): readonly (readonly [string, User])[] {
  return [
    ['user', user] as const,
    ...(other === undefined ? [] : [['other', other] as const]),
    ...(lockable === undefined ? [] : [['lockable', lockable] as const]),
  ]
}

async function listed(trial: Trial, user: User): Promise<string> {
  if (!(await offers(trial, 'credentials/list'))) return 'credentials/list is not offered'
  const list = answered(await post(trial, 'credentials/list', {}, { as: user }))
  const count = listAt(list, 'credentialIDs').length
  if (count === 0) throw new Error('logged in, and there is no credential')
  return count === 1 ? 'logged in, one credential' : `logged in, ${count} credentials`
}
