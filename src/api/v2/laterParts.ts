import type { CredentialInfo } from '../../csc/credentials/info.ts'
import { sendOTP } from '../../csc/credentials/sendOTP.ts'
import type { Deps } from '../../csc/deps.ts'
import { Refusal } from '../../domain/errors.ts'
import { hasPartsOf, type V2Specs } from '../../domain/specs.ts'
import { callerRoute, type Route } from '../route.ts'
import type * as wire from './contract.d.ts'

/** What 2.1 adds to `info`. The values of `supportedHashTypes` are those that implementations agree on. */
export const LATER_MEMBERS: { supportedHashTypes: string[]; documentTypes: 'sod'[] } = {
  supportedHashTypes: ['SHA-256', 'SHA-384', 'SHA-512'],
  documentTypes: ['sod'],
}

/** What 2.1 adds to `info` at `signature_formats`: one request may ask for several formats. */
export const LATER_FORMATS: { allowMix: true } = { allowMix: true }

/** What 2.2 adds to `cert`, where the members of the certificate were asked for. */
export function laterCertificateMembers(
  specs: V2Specs,
  { certificate }: CredentialInfo,
): Pick<wire.Certificate, 'policy' | 'qcStatements'> {
  if (certificate === undefined || !hasPartsOf(specs, '2.2.0.0')) return {}
  return { policy: certificate.policies, qcStatements: certificate.qcStatements }
}

/** Methods of v1 that 2.1 has again, deprecated. */
export function laterRoutes(deps: Deps): Record<string, Route> {
  return {
    'credentials/sendOTP': callerRoute<wire.SendOtpRequest>(async (body, caller) => {
      try {
        await sendOTP(deps, { caller, credentialId: body.credentialID, binding: undefined })
        return undefined
      } catch (error) {
        throw withoutObject(error)
      }
    }),
  }
}

/** No object was named here: as in v1, it is the credential that takes no sent code. */
function withoutObject(error: unknown): unknown {
  if (!(error instanceof Refusal) || error.reason !== 'otp_not_sendable') return error
  return new Refusal('credential_invalid', { cause: error, detail: error.detail })
}
