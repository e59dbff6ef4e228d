import { SapFailure, type SapErrorCode } from '../../sap/errors.ts'
import type { FactorKind } from '../../sap/operations.ts'
import { addNotice } from '../channels/notices.ts'
import { factorLockedMessage } from '../channels/messages.ts'
import type { SamDeps } from '../deps.ts'
import type { FactorRecord } from '../state/recordKinds.ts'
import type { Stored } from '../state/records.ts'
import { retryConflicts } from '../state/retryConflicts.ts'
import { factorId } from './factorId.ts'
import { current } from './life.ts'

/** Which of CSC's two words a factor goes by: an OTP is an OTP, wherever it comes from. */
type FactorWord = 'otp' | 'pin'
const WORD: Readonly<Record<FactorKind, FactorWord>> = { otp: 'otp', totp: 'otp', pin: 'pin' }

const CODES = {
  otp: { invalid: 'otp_invalid', locked: 'otp_locked' },
  pin: { invalid: 'pin_invalid', locked: 'pin_locked' },
} as const satisfies Record<FactorWord, Record<string, SapErrorCode>>

export interface Attempt {
  readonly requestId: string
  readonly signerId: string
  readonly kind: FactorKind
}

export const invalid = (kind: FactorKind, reason: string): SapFailure =>
  new SapFailure(CODES[WORD[kind]].invalid, reason)

export const locked = (kind: FactorKind, reason: string): SapFailure =>
  new SapFailure(CODES[WORD[kind]].locked, reason)

/** Whether no attempt is left, or an officer holds the factor. */
export function isLocked(factor: FactorRecord, lockAfter: number): boolean {
  return factor.isHeld === 'yes' || factor.attempts >= lockAfter
}

/**
 * Counts an attempt, durably, before anything is compared. Returns the factor as it then stands. Throws the factor's
 * `locked` code if none is left, its `invalid` code if the signer has no such factor.
 */
export async function countAttempt(deps: SamDeps, attempt: Attempt): Promise<Stored<'factor'>> {
  const { requestId, signerId, kind } = attempt
  return retryConflicts(async () => {
    const stored = await deps.records.read('factor', factorId(kind, signerId))
    const factor = stored && current(stored.value, deps.clock.now())
    if (stored === undefined || factor === undefined) throw invalid(kind, `the signer has no factor ${kind}`)
    if (isLocked(factor, deps.config.lockAfter)) throw locked(kind, `factor ${kind} is locked`)
    const value = { ...factor, attempts: factor.attempts + 1 }
    const next = await deps.records.prepareNext(stored, value)
    await deps.writer.writeTogether(async (unit) => {
      await deps.records.put(unit, next)
      unit.record({
        type: 'FACTOR_ATTEMPTED',
        requestId,
        fields: { signerId, factor: kind, attempt: value.attempts },
      })
    })
    return { ...stored, version: next.version, value }
  })
}

/**
 * What follows a comparison that failed: the lock, if that was the last attempt. Always throws the factor's `invalid`
 * code.
 */
export async function refuseAttempt(
  deps: SamDeps,
  attempt: Attempt,
  counted: Stored<'factor'>,
  reason: string,
): Promise<never> {
  await recordLock(deps, attempt, counted)
  throw invalid(attempt.kind, reason)
}

/**
 * For an attempt that will not be given back, whatever the comparison said: if it was the last one, the lock is in the
 * journal and in the token before anybody is told, and the signer gets a notice.
 */
export async function recordLock(
  deps: SamDeps,
  { requestId, signerId, kind }: Attempt,
  counted: Stored<'factor'>,
): Promise<void> {
  if (!isLocked(counted.value, deps.config.lockAfter)) return
  await deps.writer.write(async (unit) => {
    unit.record({ type: 'FACTOR_LOCKED', requestId, fields: { signerId, factor: kind } })
    await addNotice(unit, { signerId, message: factorLockedMessage(kind), now: deps.clock.now() })
  })
  await deps.checkpointer.make()
}
