import type { Caller } from '../../domain/principal.ts'
import type { OtpBinding } from '../../ports/sam.ts'
import { contextOf, type Deps } from '../deps.ts'

export interface SendOtpInput {
  readonly caller: Caller
  readonly credentialId: string
  readonly binding: OtpBinding | undefined
}

/**
 * CSC API v1.0.4.0 §11.8. The SAM makes and delivers the OTP; the SSA never sees it. With a binding it authorizes
 * that list only, and its message shows the list's fingerprint. Throws Refusal.
 */
export async function sendOTP(deps: Deps, input: SendOtpInput): Promise<void> {
  await deps.sam.sendOtp(input.caller, input.credentialId, input.binding)
  await deps.audit.record({
    ...contextOf(input.caller),
    type: 'otp-sent',
    credentialId: input.credentialId,
    isBound: input.binding !== undefined,
  })
}
