import type { Caller } from '../../domain/principal.ts'
import type { SignRequest } from '../../ports/sam.ts'
import { contextOf, type Deps } from '../deps.ts'

/**
 * CSC API v1.0.4.0 §11.9, v2.0.0.2 §11.10. One signature for each hash, in the same order, all or nothing. The SAM
 * decides; here the request is in the journal before it is asked, and the result before it is answered. Throws Refusal.
 */
export async function signHash(
  deps: Deps,
  input: SignRequest & { readonly caller: Caller },
): Promise<readonly Buffer[]> {
  const { caller, ...request } = input
  const context = contextOf(caller)
  const { credentialId, signAlgorithm } = request
  await deps.audit.record({
    ...context,
    type: 'sign-requested',
    credentialId,
    hashes: request.hashes.length,
    signAlgorithm,
  })
  const signatures = await deps.sam.sign(caller, request)
  await deps.audit.record({
    ...context,
    type: 'sign-completed',
    credentialId,
    signatures: signatures.length,
  })
  return signatures
}
