import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import { sadHash } from '../activation/ledger.ts'
import type { SamDeps } from '../deps.ts'
import { voidActivations } from '../state/activations.ts'

/** Ends one SAD of a login, or all of it. What is being signed at this moment is spent already and goes on. */
export async function voidSad(deps: SamDeps, request: SamRequest<'voidSad'>): Promise<SamAnswer<'voidSad'>> {
  const { requestId, familyId, sad } = request
  const match = { family_id: familyId, ...(sad === undefined ? {} : { sad_hash: sadHash(sad) }) }
  const voided = await deps.writer.write(async (unit) => {
    const count = await voidActivations(unit, match)
    if (count > 0) unit.record({ type: 'SAD_VOIDED', requestId, fields: { familyId, count } })
    return count
  })
  return { voided }
}
