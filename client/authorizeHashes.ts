import { randomBytes } from 'node:crypto'
import { fingerprint } from '../sap/fingerprint.ts'
import type { ChosenScheme } from './chooseScheme.ts'
import { collectFactors, type CollectDeps, type FactorSources } from './collectFactors.ts'
import type { CredentialInfo, CscSession, OtpBinding } from './csc/cscSession.ts'

export interface AuthorizeHashesInput {
  readonly session: CscSession
  readonly credential: CredentialInfo
  readonly chosen: ChosenScheme
  readonly hashes: readonly Buffer[]
  /** What the message to the signer calls the documents. */
  readonly label: string
  readonly sources: FactorSources
}

/**
 * The signer's act: one authorization for the list of hashes, by the factors that the credential wants, and one
 * signature for each hash. Throws what CscSession throws, and Error if a factor cannot be had.
 */
export async function signaturesFor(
  io: CollectDeps,
  input: AuthorizeHashesInput,
): Promise<readonly Buffer[]> {
  const { session, credential, chosen, hashes, label, sources } = input
  const { credentialId } = credential
  const list = { hashes, hashAlgorithm: chosen.hashAlgorithm }
  const binding: OtpBinding = { ...list, nonce: randomBytes(16), label }
  const shown = fingerprint({ ...binding, credentialId })
  io.talk(`Fingerprint: ${shown}\n`)
  if (credential.factors.some(({ kind }) => kind === 'otp'))
    io.talk('  The message with the OTP must show the same. If it does not, do not go on.\n')

  const factors = await collectFactors(io, {
    factors: credential.factors,
    sources,
    fingerprint: shown,
    sendOtp: async ({ id }) => {
      await session.sendOtp({ credentialId, factorId: id, binding })
    },
  })
  const { sad } = await session.authorize({ credentialId, numberOfSignatures: hashes.length, list, factors })
  return session.signHash({ credentialId, sad, ...list, ...chosen })
}
