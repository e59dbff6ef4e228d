import { getChallenge } from '../../csc/credentials/getChallenge.ts'
import type { Deps } from '../../csc/deps.ts'
import { callerRoute, type Route } from '../route.ts'
import type * as wire from './contract.d.ts'

/** What 2.1 and 2.2 add to `info`. The values of `supportedHashTypes` are those that implementations agree on. */
export const LATER_MEMBERS: { supportedHashTypes: string[]; documentTypes: 'sod'[] } = {
  supportedHashTypes: ['SHA-256', 'SHA-384', 'SHA-512'],
  documentTypes: ['sod'],
}

/** Methods that are in 2.1 and 2.2 but not in 2.0. */
export function laterRoutes(deps: Deps): Record<string, Route> {
  return {
    'credentials/sendOTP': callerRoute<wire.SendOtpRequest>(async (body, caller) => {
      const credentialId = body.credentialID
      await getChallenge(deps, { caller, credentialId, factor: 'otp', binding: undefined })
      return undefined
    }),
  }
}
