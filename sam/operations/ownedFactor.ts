import { SapFailure } from '../../sap/errors.ts'
import type { SamDeps } from '../deps.ts'
import type { Stored } from '../state/records.ts'

/** The signer's factor. Another signer's is answered exactly as one that does not exist: `factor_unknown`. */
export async function ownedFactor(
  deps: SamDeps,
  signerId: string,
  factorId: string,
): Promise<Stored<'factor'>> {
  const stored = await deps.records.read('factor', factorId)
  if (stored?.value.signerId !== signerId) throw factorUnknown()
  return stored
}

export const factorUnknown = (): SapFailure =>
  new SapFailure('factor_unknown', 'the signer has no such factor')
