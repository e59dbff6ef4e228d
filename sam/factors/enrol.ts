import { SapFailure } from '../../sap/errors.ts'
import type { FactorKind } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import type { FactorRecord } from '../state/recordKinds.ts'
import { Conflict } from '../state/writer.ts'
import { factorId } from './factorId.ts'

export interface Enrolment {
  readonly requestId: string
  readonly signerId: string
  readonly kind: FactorKind
  /** What a factor of this kind holds. */
  readonly content: Partial<FactorRecord>
}

/** The signer's record, or `signer_unknown`. */
export async function requireSigner(deps: SamDeps, signerId: string): Promise<string> {
  const signer = await deps.records.read('signer', signerId)
  if (signer === undefined) throw new SapFailure('signer_unknown', 'no such signer')
  return signer.value.commonName
}

/**
 * The first factor of its kind for a signer. Throws `factor_exists` for a second one: changing a factor is another
 * operation, with a proof of its own. The token knows of it before the answer. Returns the factor's id.
 */
export async function enrolFactor(deps: SamDeps, enrolment: Enrolment): Promise<string> {
  const { requestId, signerId, kind, content } = enrolment
  const id = factorId(kind, signerId)
  const value: FactorRecord = {
    ...content,
    signerId,
    kind,
    enrolledAt: deps.clock.now(),
    attempts: 0,
    isHeld: 'no',
  }
  const record = await deps.records.prepareNew('factor', id, value, signerId)
  try {
    await deps.writer.write(async (unit) => {
      await deps.records.put(unit, record)
      unit.record({ type: 'FACTOR_ENROLLED', requestId, fields: { signerId, factor: kind } })
    })
  } catch (error) {
    if (error instanceof Conflict) throw new SapFailure('factor_exists', `the signer has a factor ${kind}`)
    throw error
  }
  await deps.checkpointer.make()
  return id
}
