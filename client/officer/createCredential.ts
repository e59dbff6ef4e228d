import type { KeyTypeName } from '../../sap/algorithms.ts'
import type { FactorExpression } from '../../sap/factorExpression.ts'
import { newRequestId, type CaClient, type SamClient } from './sapPeers.ts'

export interface CredentialWish {
  readonly signerId: string
  readonly keyType: KeyTypeName
  /** A policy that the SAM's configuration names. */
  readonly policy: string
  /** Narrows the policy's. */
  readonly factors?: FactorExpression | undefined
  readonly description?: string | undefined
}

/**
 * A new key in the HSM with a certificate of the issuing CA: key, request, certificate, link. Returns the credential's
 * id. Throws SapFailure; what was made until then stays, as GENERATED without a certificate.
 */
export async function createCredential(
  deps: { readonly sam: SamClient; readonly ca: CaClient },
  wish: CredentialWish,
): Promise<string> {
  const { credentialId } = await deps.sam.call('generateKey', { requestId: newRequestId(), ...wish })
  await certify(deps, credentialId)
  return credentialId
}

/** Fetches a certificate for a credential's key and links it. Throws SapFailure. */
export async function certify(
  deps: { readonly sam: SamClient; readonly ca: CaClient },
  credentialId: string,
): Promise<void> {
  const { certificationRequest } = await deps.sam.call('certificationRequest', {
    requestId: newRequestId(),
    credentialId,
  })
  const { chain } = await deps.ca.call('issue', {
    requestId: newRequestId(),
    credentialId,
    certificationRequest,
  })
  await deps.sam.call('linkCertificate', { requestId: newRequestId(), credentialId, chain })
}
