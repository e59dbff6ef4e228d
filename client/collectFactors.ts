import { readFile } from 'node:fs/promises'
import type { Connection } from './connection.ts'
import type { CredentialFactor, FactorValue } from './csc/cscSession.ts'
import { watchOtpFolder } from './otpFolder.ts'
import { readSecretFile } from './secretFile.ts'
import { askHidden, readLine, type Terminal } from './terminal.ts'
import { totp, totpSecret } from './totp.ts'

/** Where the signer's factors come from; what is not named is asked at the terminal. */
export interface FactorSources {
  readonly pinFile?: string | undefined
  readonly totpSecretFile?: string | undefined
  /** Read after the OTP was sent. */
  readonly otpFile?: string | undefined
  readonly otpFromStdin?: boolean | undefined
  /** Of a development service. */
  readonly otpFolder?: string | undefined
}

/** The options of a command before the files that the connection names. */
export function factorSources(
  options: Pick<FactorSources, 'pinFile' | 'otpFile' | 'otpFromStdin'>,
  { factors }: Connection['signer'],
): FactorSources {
  const isOtpGiven = options.otpFile !== undefined || options.otpFromStdin === true
  return {
    ...options,
    pinFile: options.pinFile ?? factors.pin?.file,
    totpSecretFile: factors.totp?.secretFile,
    otpFolder: isOtpGiven ? undefined : factors.otp?.folder,
  }
}

export interface CollectInput {
  readonly factors: readonly CredentialFactor[]
  readonly sources: FactorSources
  readonly fingerprint: string
  /** Makes the service send the OTP of a factor. */
  readonly sendOtp: (factor: CredentialFactor) => Promise<void>
}

export interface CollectDeps extends Terminal {
  readonly now: () => Date
}

/** Gets a value for each factor, in order. Throws Error if one cannot be had. */
export async function collectFactors(
  deps: CollectDeps,
  input: CollectInput,
): Promise<readonly FactorValue[]> {
  const values: FactorValue[] = []
  for (const factor of input.factors)
    values.push({ kind: factor.kind, id: factor.id, value: await valueOf(deps, factor, input) })
  return values
}

async function valueOf(deps: CollectDeps, factor: CredentialFactor, input: CollectInput): Promise<string> {
  const { pinFile, totpSecretFile } = input.sources
  switch (factor.kind) {
    case 'pin':
      return pinFile === undefined ? askHidden(deps, factor.label) : readSecretFile(pinFile)
    case 'totp':
      if (totpSecretFile === undefined) return askHidden(deps, factor.label)
      return totp(totpSecret(await readSecretFile(totpSecretFile)), deps.now())
    case 'otp':
      return receivedOtp(deps, factor, input)
  }
}

async function receivedOtp(
  deps: CollectDeps,
  factor: CredentialFactor,
  input: CollectInput,
): Promise<string> {
  const { otpFile, otpFromStdin, otpFolder } = input.sources
  const folder = otpFolder === undefined ? undefined : await watchOtpFolder(otpFolder)
  await input.sendOtp(factor)
  if (otpFile !== undefined) return (await readFile(otpFile, 'utf8')).trim()
  if (otpFromStdin === true) return (await readLine(deps)).trim()
  if (folder === undefined) return (await askHidden(deps, factor.label)).trim()

  const { subject, text, code } = await folder.next(input.fingerprint)
  // The message stands in for the signer's phone; its code stays out of terminals and logs.
  const shown = text.replaceAll(code, '•'.repeat(code.length)).trimEnd()
  deps.talk(`The message to the signer says:\n  ${subject}\n${shown.replace(/^/gm, '  ')}\n`)
  return code
}
