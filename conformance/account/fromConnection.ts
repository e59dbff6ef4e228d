import { z } from 'zod'
import type { Account, FactorSource } from './account.ts'

const file = z.string().min(1)

/** What the suite reads of the `connection.json` that a Chancery service writes; its paths are absolute. */
export const connectionSchema = z.object({
  csc: z.object({ v1: z.url(), v2: z.url() }),
  caFile: file.optional(),
  signer: z.object({
    username: z.string().min(1),
    passwordFile: file,
    factors: z
      .object({
        pin: z.object({ file }).optional(),
        totp: z.object({ secretFile: file }).optional(),
        otp: z.object({ folder: file }).optional(),
      })
      .default({}),
  }),
})

/** The demo signer's account. It names no other user and nothing unusable: what needs those is not run. */
export function fromConnection({ csc, caFile, signer }: z.infer<typeof connectionSchema>): Account {
  const { pin, totp, otp } = signer.factors
  const factors: Record<string, FactorSource> = {
    ...(pin === undefined ? {} : { PIN: { file: pin.file } }),
    ...(otp === undefined ? {} : { OTP: { folder: otp.folder } }),
    ...(totp === undefined ? {} : { TOTP: { secretFile: totp.secretFile } }),
  }
  return {
    baseUrls: csc,
    tls: caFile === undefined ? {} : { caFile },
    user: {
      authentication: { basic: { username: signer.username, passwordFile: signer.passwordFile } },
      factors,
    },
    lifetimes: {},
  }
}
