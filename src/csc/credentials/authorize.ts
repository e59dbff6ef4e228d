import type { Caller } from '../../domain/principal.ts'
import type { AuthorizeRequest, Sad } from '../../ports/sam.ts'
import { contextOf, type Deps } from '../deps.ts'

/** CSC API v1.0.4.0 §11.6, v2.0.0.2 §11.6. The SAM checks all of it. Throws Refusal. */
export async function authorize(
  deps: Deps,
  input: AuthorizeRequest & { readonly caller: Caller },
): Promise<Sad> {
  const { caller, ...request } = input
  const { grade, ...sad } = await deps.sam.authorize(caller, request)
  await deps.audit.record({
    ...contextOf(caller),
    type: 'authorized',
    credentialId: input.credentialId,
    numberOfSignatures: input.numberOfSignatures,
    grade,
  })
  return sad
}
