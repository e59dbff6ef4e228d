import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { anyKey } from './ownedKey.ts'

/** What the SAM attested when it generated the key. The CA checks it with the identity key that it has pinned. */
export async function attestedKey(
  deps: SamDeps,
  request: SamRequest<'attestedKey'>,
): Promise<SamAnswer<'attestedKey'>> {
  deps.state.requireOperational()
  const { value } = await anyKey(deps, request.credentialId)
  return { attestation: { statement: value.attestationStatement, signature: value.attestationSignature } }
}
