import { SapFailure } from '../sap/errors.ts'

export type SamStateName = 'OPERATIONAL' | 'DEGRADED' | 'AUDIT_BLOCKED' | 'LOCKED'

/** What keeps the SAM from signing, most serious first: LOCKED is left by an officer's accept-state only. */
export interface SamState {
  name(): SamStateName
  /** Throws `unavailable` unless OPERATIONAL. */
  requireOperational(): void
  /** Integrity is lost: nothing is signed until an officer accepts the state. In memory only: see `Lockdown`. */
  lock(reason: string): void
  unlock(): void
  lockedBecause(): string | undefined
  /** The token did, or did not, answer the last time it was asked. */
  setHsmAnswers(answers: boolean): void
  hsmAnswers(): boolean
}

interface Sources {
  clockProblem(): string | undefined
  isJournalWritable(): boolean
}

export function createSamState(sources: Sources): SamState {
  let lockReason: string | undefined
  let hsmAnswers = true
  const problem = (): { name: SamStateName; reason: string } | undefined => {
    if (lockReason !== undefined) return { name: 'LOCKED', reason: lockReason }
    if (!sources.isJournalWritable())
      return { name: 'AUDIT_BLOCKED', reason: 'the journal cannot be written' }
    const clockProblem = sources.clockProblem()
    if (clockProblem !== undefined) return { name: 'DEGRADED', reason: clockProblem }
    if (!hsmAnswers) return { name: 'DEGRADED', reason: 'the HSM does not answer' }
    return undefined
  }
  return {
    name: () => problem()?.name ?? 'OPERATIONAL',
    requireOperational() {
      const found = problem()
      if (found !== undefined) throw new SapFailure('unavailable', `${found.name}: ${found.reason}`)
    },
    lock(reason) {
      lockReason ??= reason
    },
    unlock() {
      lockReason = undefined
    },
    lockedBecause: () => lockReason,
    setHsmAnswers(answers) {
      hsmAnswers = answers
    },
    hsmAnswers: () => hsmAnswers,
  }
}
