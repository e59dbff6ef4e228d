import { timestamp } from '../csc/signatures/timestamp.ts'
import type { Deps } from '../csc/deps.ts'
import { bytesOf } from './bodies.ts'
import { callerRoute, type Route } from './route.ts'

interface TimestampBody {
  readonly hash: string
  readonly hashAlgo: string
  /** Hex. */
  readonly nonce?: string
}

/** `signatures/timestamp`, which both versions have alike; none where no authority is configured. */
export function timestampRoute(deps: Deps): Readonly<Record<string, Route>> {
  const { timestamps } = deps
  if (timestamps === undefined) return {}
  return {
    'signatures/timestamp': callerRoute<TimestampBody>(async (body, caller) => {
      const token = await timestamp(deps, timestamps, {
        caller,
        hash: bytesOf(body.hash),
        hashAlgorithm: body.hashAlgo,
        nonce: body.nonce === undefined ? undefined : BigInt(`0x${body.nonce}`),
      })
      return { timestamp: token.toString('base64') }
    }),
  }
}
