import { openAttestation, type AttestationStatement } from '../sap/attestation.ts'
import { SapFailure } from '../sap/errors.ts'
import type { CaDeps } from './deps.ts'

type Deps = Pick<CaDeps, 'sam' | 'samIdentityKey' | 'config'>

interface AttestedKeyInput {
  readonly requestId: string
  readonly credentialId: string
}

/**
 * What the SAM attests of a credential's key, read from the SAM itself and checked against its pinned identity key.
 * Throws SapFailure: `certificate_refused` when there is no attestation that this CA accepts, `unavailable` when the
 * SAM cannot say.
 */
export async function attestedKey(deps: Deps, input: AttestedKeyInput): Promise<AttestationStatement> {
  const { attestation } = await ask(deps, input)
  const statement = openAttestation(attestation, deps.samIdentityKey)
  if (statement === undefined) throw refused("the attestation is not the SAM's, or was changed")
  if (statement.credentialId !== input.credentialId) throw refused('the attestation is of another credential')
  if (!deps.config.acceptedProfiles.includes(statement.profile))
    throw refused(`keys of profile ${statement.profile} are not accepted`)
  if (!deps.config.certificates.keyTypes.includes(statement.keyType))
    throw refused(`keys of type ${statement.keyType} get no certificate here`)
  return statement
}

async function ask(
  deps: Deps,
  input: AttestedKeyInput,
): Promise<Awaited<ReturnType<typeof deps.sam.call<'attestedKey'>>>> {
  try {
    const { requestId, credentialId } = input
    return await deps.sam.call('attestedKey', { requestId, credentialId })
  } catch (error) {
    if (!(error instanceof SapFailure)) throw error
    if (error.code === 'credential_unknown' || error.code === 'state_forbids')
      throw refused('the SAM attests no such key', error)
    // Whatever else the SAM answers is between it and this CA.
    throw new SapFailure('unavailable', `the SAM does not attest: ${error.code}`, { cause: error })
  }
}

function refused(reason: string, cause?: unknown): SapFailure {
  return new SapFailure('certificate_refused', reason, { cause })
}
