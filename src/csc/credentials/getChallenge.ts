import { Refusal } from '../../domain/errors.ts'
import type { Deps } from '../deps.ts'
import { sendOTP, type SendOtpInput } from './sendOTP.ts'

/**
 * CSC API v2.0.0.2 §11.8. The one challenge that this service has is an OTP, which travels out of band. Throws
 * Refusal `otp_not_sendable` for an authentication object that takes none.
 */
export async function getChallenge(
  deps: Deps,
  input: SendOtpInput & { readonly factor: 'otp' | undefined },
): Promise<void> {
  if (input.factor === undefined) {
    // First whether the credential is the caller's: otherwise a foreign one would answer differently.
    await deps.sam.credential(input.caller, input.credentialId)
    throw new Refusal('otp_not_sendable')
  }
  await sendOTP(deps, input)
}
