import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { LoginLimiter } from '../../ports/loginLimiter.ts'

export interface LoginLimits {
  /** Failed attempts in the window. */
  readonly failuresPerAccount: number
  readonly failuresPerAddress: number
  readonly windowSeconds: number
}

/**
 * In memory of this process: after a restart the count starts anew. An attempt counts before it is evaluated, so that
 * guesses made at once cannot outrun the limit; a success takes its own point back.
 */
export function createLoginLimiter(limits: LoginLimits): LoginLimiter {
  const duration = limits.windowSeconds
  const accounts = new RateLimiterMemory({
    keyPrefix: 'account',
    points: limits.failuresPerAccount,
    duration,
  })
  const addresses = new RateLimiterMemory({
    keyPrefix: 'address',
    points: limits.failuresPerAddress,
    duration,
  })
  return {
    async attempt(username, address) {
      const milliseconds = await waitOf(addresses, address)
      if (milliseconds !== undefined)
        return { kind: 'address_limited', retryAfterSeconds: Math.max(1, Math.ceil(milliseconds / 1000)) }
      return { kind: (await waitOf(accounts, username)) === undefined ? 'allowed' : 'account_limited' }
    },
    async succeeded(username, address) {
      await accounts.reward(username)
      await addresses.reward(address)
    },
  }
}

/** Undefined within the limit, and one more counted; else the milliseconds until it may be tried again. */
async function waitOf(limiter: RateLimiterMemory, key: string): Promise<number | undefined> {
  try {
    await limiter.consume(key)
    return undefined
  } catch (error) {
    if (error instanceof RateLimiterRes) return error.msBeforeNext
    throw error
  }
}
