import type { Caller } from '../../domain/principal.ts'
import type { AuthorizeRequest, Sad } from '../../ports/sam.ts'
import { contextOf, type Deps } from '../deps.ts'

/** The signer's factors as a version names them: v1's one-time password is an OTP or a TOTP, as the credential says. */
export interface AuthorizeInput extends Omit<AuthorizeRequest, 'otp' | 'totp'> {
  readonly caller: Caller
  readonly otp: string | undefined
  readonly totp: string | undefined
  /** Either of the two, whichever the credential takes. */
  readonly oneTimePassword: string | undefined
}

/** CSC API v1.0.4.0 §11.6, v2.0.0.2 §11.6. The SAM checks all of it. Throws Refusal. */
export async function authorize(deps: Deps, input: AuthorizeInput): Promise<Sad> {
  const { caller, oneTimePassword, ...request } = input
  const takesTotp =
    oneTimePassword !== undefined &&
    (await deps.sam.credential(caller, input.credentialId)).factors.includes('totp')
  const { grade, ...sad } = await deps.sam.authorize(caller, {
    ...request,
    otp: takesTotp ? input.otp : (oneTimePassword ?? input.otp),
    totp: takesTotp ? oneTimePassword : input.totp,
  })
  await deps.audit.record({
    ...contextOf(caller),
    type: 'authorized',
    credentialId: input.credentialId,
    numberOfSignatures: input.numberOfSignatures,
    grade,
  })
  return sad
}
