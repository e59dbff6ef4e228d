import { namesIn } from '../../../sap/expression.ts'
import {
  certificateStatus,
  isEnabled,
  keyInfo,
  type CertificateInfo,
  type Credential,
  type KeyInfo,
  type SignerFactor,
} from '../../domain/credential.ts'
import type { Caller } from '../../domain/principal.ts'
import type { Deps } from '../deps.ts'

export interface InfoOptions {
  readonly certificates: 'none' | 'single' | 'chain'
  readonly hasCertificateInfo: boolean
  readonly hasFactorInfo: boolean
}

export interface CredentialInfo {
  readonly credential: Credential
  readonly isEnabled: boolean
  readonly key: KeyInfo
  readonly certificateStatus: 'valid' | 'expired' | undefined
  /** DER, the end-entity certificate first; undefined when none were asked for. */
  readonly certificates: readonly Buffer[] | undefined
  readonly certificate: CertificateInfo | undefined
  /** The factors that the credential's expression names, in its order; undefined when not asked for. */
  readonly factors: readonly SignerFactor[] | undefined
}

/** CSC API v1.0.4.0 §11.5, v2.0.0.2 §11.5. Throws Refusal `credential_invalid` for a foreign or unknown credential. */
export async function info(
  deps: Deps,
  input: { readonly caller: Caller; readonly credentialId: string; readonly options: InfoOptions },
): Promise<CredentialInfo> {
  const credential = await deps.sam.credential(input.caller, input.credentialId)
  const factors = input.options.hasFactorInfo ? await deps.sam.factors(input.caller) : []
  return describeCredential(credential, factors, input.options, deps.clock.now())
}

/** As `info`, for several credentials of one signer. */
export async function infos(
  deps: Deps,
  input: {
    readonly caller: Caller
    readonly credentials: readonly Credential[]
    readonly options: InfoOptions
  },
): Promise<readonly CredentialInfo[]> {
  const factors = input.options.hasFactorInfo ? await deps.sam.factors(input.caller) : []
  const now = deps.clock.now()
  return input.credentials.map((credential) => describeCredential(credential, factors, input.options, now))
}

function describeCredential(
  credential: Credential,
  signerFactors: readonly SignerFactor[],
  options: InfoOptions,
  now: number,
): CredentialInfo {
  const { chain } = credential
  const shown = { none: undefined, single: chain.slice(0, 1), chain }
  const factors = namesIn(credential.expression).map(
    (kind) => signerFactors.find((factor) => factor.kind === kind) ?? { kind, destination: '' },
  )
  return {
    credential,
    isEnabled: isEnabled(credential, now),
    key: keyInfo(credential),
    certificateStatus: certificateStatus(credential, now),
    certificates: shown[options.certificates],
    certificate: options.hasCertificateInfo ? credential.certificate : undefined,
    factors: options.hasFactorInfo ? factors : undefined,
  }
}
