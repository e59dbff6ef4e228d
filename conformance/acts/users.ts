import type { User } from '../account/account.ts'
import { NotRun } from '../outcome.ts'
import type { Trial } from '../trial.ts'

/** Somebody else than the user. Throws NotRun. */
export function otherUser({ account }: Trial): User {
  if (account.other === undefined) throw new NotRun('another user (`other`)')
  return account.other
}

/** Somebody whose factors may be locked. Throws NotRun. */
export function lockableUser({ account }: Trial): User {
  if (account.lockable === undefined) throw new NotRun('a user whose factors may be locked (`lockable`)')
  return account.lockable
}

/** Seconds that something lives. Throws NotRun when the account file does not say, or it is longer than may be waited for. */
export function lifetimeOf({ account, maxWaitSeconds }: Trial, what: 'sad' | 'token' | 'otp'): number {
  const seconds = account.lifetimes[what]
  if (seconds === undefined) throw new NotRun(`how long it lives (\`lifetimes.${what}\`)`)
  if (seconds > maxWaitSeconds) throw new NotRun(`a wait of ${seconds} s (--max-wait is ${maxWaitSeconds})`)
  return seconds
}
