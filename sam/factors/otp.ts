import { timingSafeEqual } from 'node:crypto'
import type { Hsm } from '../../hsm/hsm.ts'
import type { SamKeys } from '../deps.ts'
import { fieldBytes } from '../state/fieldBytes.ts'
import type { OpenOtp } from '../state/otps.ts'

const DIGITS = 8

interface Deps {
  readonly hsm: Pick<Hsm, 'random' | 'hmac'>
  readonly keys: Pick<SamKeys, 'otp'>
}

/** Eight digits, each code as likely as any other. */
export async function newOtpCode(deps: Deps): Promise<string> {
  for (;;) {
    const number = (await deps.hsm.random(4)).readUInt32BE()
    // 4,200,000,000 is the largest multiple of 10^8 below 2^32: what lies above would make some codes likelier.
    if (number < 4_200_000_000) return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
  }
}

/** What is kept of a code: a MAC over it and everything it is bound to, under a key that only the HSM has. */
export function otpMac(deps: Deps, otp: Omit<OpenOtp, 'mac'>, code: string): Promise<Buffer> {
  const { id, signerId, expiresAt, binding } = otp
  return deps.hsm.hmac(
    deps.keys.otp,
    fieldBytes(['chancery-otp-1', id, signerId, expiresAt, binding ?? '', code]),
  )
}

/** A code as people type it: blanks and hyphens do not count. Undefined if it cannot be one. */
export function normalizedOtp(given: string): string | undefined {
  const digits = given.replace(/[ -]/g, '')
  return /^[0-9]{8}$/.test(digits) ? digits : undefined
}

export async function isOtp(deps: Deps, otp: OpenOtp, code: string): Promise<boolean> {
  return timingSafeEqual(await otpMac(deps, otp, code), otp.mac)
}
