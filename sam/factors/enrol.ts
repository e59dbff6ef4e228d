import { SapFailure } from '../../sap/errors.ts'
import type { FactorKind } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import type { EventType } from '../journal/events.ts'
import type { FactorRecord } from '../state/recordKinds.ts'
import type { Stored } from '../state/records.ts'
import { Conflict } from '../state/writer.ts'
import { factorId } from './factorId.ts'
import { current, waiting, type FactorContent } from './life.ts'

export interface Enrolment {
  readonly requestId: string
  readonly signerId: string
  readonly kind: FactorKind
  /** What a factor of this kind holds. */
  readonly content: FactorContent
}

/** The signer's record, or `signer_unknown`. */
export async function requireSigner(deps: SamDeps, signerId: string): Promise<string> {
  const signer = await deps.records.read('signer', signerId)
  if (signer === undefined) throw new SapFailure('signer_unknown', 'no such signer')
  return signer.value.commonName
}

/**
 * The first factor of its kind for a signer, or the first after one was removed. Throws `factor_exists` for a second
 * one: changing a factor is another operation, with a proof of its own. The token knows of it before the answer; until
 * then it does not work and may be enrolled anew, so that nothing is lost when the token fails. Returns the factor's id.
 */
export async function enrolFactor(deps: SamDeps, enrolment: Enrolment): Promise<string> {
  const { requestId, signerId, kind, content } = enrolment
  const id = factorId(kind, signerId)
  const before = await deps.records.read('factor', id)
  const now = deps.clock.now()
  if (before !== undefined && !isVacant(before.value, now)) throw exists(kind)
  const begun: FactorRecord = {
    signerId,
    kind,
    enrolledAt: now,
    attempts: 0,
    isHeld: 'no',
    totpStep: before?.value.totpStep,
    next: { action: 'enrol', ...content },
  }
  const first = await put(deps, { requestId, id, before, value: begun }, 'FACTOR_ENROLMENT_BEGUN')
  await deps.checkpointer.make()
  const value = { ...begun, ...content, next: undefined }
  await put(deps, { requestId, id, before: first, value }, 'FACTOR_ENROLLED')
  return id
}

/** Removed, or an enrolment that nobody was told of. */
function isVacant(value: FactorRecord, now: number): boolean {
  return current(value, now) === undefined && waiting(value, now) === undefined
}

const exists = (kind: FactorKind): SapFailure =>
  new SapFailure('factor_exists', `the signer has a factor ${kind}`)

interface Write {
  readonly requestId: string
  readonly id: string
  readonly before: Stored<'factor'> | undefined
  readonly value: FactorRecord
}

/** Of two enrolments at the same time, the second finds that the first was faster. */
async function put(deps: SamDeps, write: Write, type: EventType): Promise<Stored<'factor'>> {
  const { requestId, id, before, value } = write
  const { signerId, kind } = value
  const record = await (before === undefined
    ? deps.records.prepareNew('factor', id, value, signerId)
    : deps.records.prepareNext(before, value))
  try {
    await deps.writer.write(async (unit) => {
      await deps.records.put(unit, record)
      unit.record({ type, requestId, fields: { signerId, factor: kind } })
    })
  } catch (error) {
    if (error instanceof Conflict) throw exists(kind)
    throw error
  }
  return { kind: 'factor', id, version: record.version, value }
}
