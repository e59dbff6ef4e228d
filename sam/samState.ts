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
  /** The key gave a wrong signature: no use of it from now on, whatever its record says. In memory only: see `quarantine.ts`. */
  quarantine(wrong: WrongSignature): void
  /** Its record says so now, durably. */
  endQuarantine(credentialId: string): void
  isQuarantined(credentialId: string): boolean
  quarantined(): readonly WrongSignature[]
}

/** Which key gave a wrong signature, and what for. */
export interface WrongSignature {
  readonly credentialId: string
  readonly reservationId: string
  readonly requestId: string
}

interface Sources {
  clockProblem(): string | undefined
  isJournalWritable(): boolean
}

export function createSamState(sources: Sources): SamState {
  let lockReason: string | undefined
  let hsmAnswers = true
  const quarantined = new Map<string, WrongSignature>()
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
    quarantine(wrong) {
      if (!quarantined.has(wrong.credentialId)) quarantined.set(wrong.credentialId, wrong)
    },
    endQuarantine(credentialId) {
      quarantined.delete(credentialId)
    },
    isQuarantined: (credentialId) => quarantined.has(credentialId),
    quarantined: () => [...quarantined.values()],
  }
}
