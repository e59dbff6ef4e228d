import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { newId } from '../ids.ts'

/** A person or organization whose identity the registration officer has proofed. The journal holds no name. */
export async function createSigner(
  deps: SamDeps,
  request: SamRequest<'createSigner'>,
): Promise<SamAnswer<'createSigner'>> {
  deps.state.requireOperational()
  const { requestId, ...subject } = request
  const signerId = newId('sgn-')
  const record = await deps.records.prepareNew('signer', signerId, {
    ...subject,
    createdAt: deps.clock.now(),
  })
  await deps.writer.write(async (unit) => {
    await deps.records.put(unit, record)
    unit.record({ type: 'SIGNER_CREATED', requestId, fields: { signerId } })
  })
  return { signerId }
}
