import type { Caller } from '../../domain/principal.ts'
import type { ExtendRequest, Sad } from '../../ports/sam.ts'
import { contextOf, type Deps } from '../deps.ts'

/** CSC API v1.0.4.0 §11.7, v2.0.0.2 §11.9: a new SAD for what was approved; the old one is void. Throws Refusal. */
export async function extendTransaction(
  deps: Deps,
  input: ExtendRequest & { readonly caller: Caller },
): Promise<Sad> {
  const { caller, ...request } = input
  const sad = await deps.sam.extend(caller, request)
  await deps.audit.record({ ...contextOf(caller), type: 'extended', credentialId: input.credentialId })
  return sad
}
