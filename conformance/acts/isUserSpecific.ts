import { textsAt } from '../json.ts'
import { NotOffered } from '../outcome.ts'
import { infoOf } from '../run/offers.ts'
import type { Trial } from '../trial.ts'

/**
 * Throws NotOffered, unless tokens are of a user (`wanted`) or of none: Basic, Digest and the authorization code say which
 * user calls; the other ways do not.
 */
export async function isUserSpecific(trial: Trial, wanted: boolean): Promise<void> {
  const ofUsers = ['basic', 'digest', 'oauth2code']
  const types = textsAt(await infoOf(trial), 'authType')
  const { authentication } = trial.account.user
  const is = 'basic' in authentication || (types.length > 0 && types.every((one) => ofUsers.includes(one)))
  if (is !== wanted)
    throw new NotOffered(
      wanted
        ? `a token need not be of a user (\`authType\`: ${types.join(', ')})`
        : `a token is always of a user (\`authType\`: ${types.join(', ')})`,
    )
}
