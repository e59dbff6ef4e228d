import type { FactorPolicy } from '../../sap/factorExpression.ts'
import type { FactorKind, Grade } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { openOtpOf } from '../state/otps.ts'
import type { PreparedRecord, Stored } from '../state/records.ts'
import { countAttempt, invalid, isLocked, locked, recordLock, refuseAttempt } from './attempt.ts'
import { factorId } from './factorId.ts'
import { isSameContent } from './life.ts'
import { isOtp, normalizedOtp } from './otp.ts'
import { isPin } from './pin.ts'
import { requireTaken } from './requireTaken.ts'
import { matchingStep } from './totp.ts'

export type GivenFactors = Readonly<Partial<Record<FactorKind, string | undefined>>>

export interface FactorCheck {
  readonly requestId: string
  readonly signerId: string
  /** Of the credential: what is given must satisfy it. */
  readonly policy: FactorPolicy
  readonly given: GivenFactors
  /** `bindingText` of the list to be authorized; undefined without hashes. */
  readonly binding: string | undefined
  /** `anyListBindingText`. */
  readonly anyListBinding: string
  /** `lateBindingText` of a credential that may be authorized before its documents are known; undefined for others. */
  readonly lateBinding?: string | undefined
}

/** A factor that was right. */
interface PassedFactor {
  readonly kind: FactorKind
  /** As it stood when this attempt was counted. */
  readonly counted: Stored<'factor'>
  /** kind totp: the time step of the code. */
  readonly step?: number
}

/** All factors were right. Nothing is used up yet: the caller does that in the transaction of the activation. */
export interface PassedFactors {
  readonly factors: readonly PassedFactor[]
  /** The OTP to spend. */
  readonly otpId: string | undefined
  readonly grade: Grade
}

/**
 * Verifies every factor that is given, also one that the credential could do without: the one-time code first, the PIN
 * only if that was right, so that nobody learns about a PIN by the way. Each attempt is counted durably before its
 * comparison. Throws the code of the first factor that is missing, locked or wrong.
 */
export async function checkFactors(deps: SamDeps, check: FactorCheck): Promise<PassedFactors> {
  const { policy, given } = check
  requireTaken(policy, given)
  const passed: PassedFactor[] = []
  let otpId: string | undefined
  let grade: Grade = 'static'
  try {
    if (given.otp !== undefined) {
      const { factor, id, isBound } = await checkOtp(deps, check)
      passed.push(factor)
      otpId = id
      grade = isBound ? 'bound-otp' : 'plain-otp'
    }
    if (given.totp !== undefined) {
      passed.push(await checkTotp(deps, check))
      if (grade === 'static') grade = 'plain-otp'
    }
    if (given.pin !== undefined) passed.push(await checkPin(deps, check))
  } catch (error) {
    await recordLocks(deps, check, passed)
    throw error
  }
  return { factors: passed, otpId, grade }
}

/** For an act that is refused although these factors were right: their attempts stay counted. */
export async function recordLocks(
  deps: SamDeps,
  { requestId, signerId }: Pick<FactorCheck, 'requestId' | 'signerId'>,
  passed: readonly PassedFactor[],
): Promise<void> {
  for (const { kind, counted } of passed) await recordLock(deps, { requestId, signerId, kind }, counted)
}

async function checkOtp(
  deps: SamDeps,
  check: FactorCheck,
): Promise<{ factor: PassedFactor; id: string; isBound: boolean }> {
  const attempt = { ...check, kind: 'otp' as const }
  const counted = await countAttempt(deps, attempt)
  const refuse = (reason: string): Promise<never> => refuseAttempt(deps, attempt, counted, reason)
  const code = normalizedOtp(check.given.otp ?? '')
  if (code === undefined) return refuse('not a code of eight digits')
  const otp = await deps.reads.do(openOtpOf, check.signerId)
  if (otp === undefined) return refuse('no code is open')
  if (!(await isOtp(deps, otp, code))) return refuse('wrong code')
  if (otp.expiresAt <= deps.clock.now()) return refuse('the code has expired')
  if (!isForThis(otp.binding, check))
    return refuse('the code was made for another list, credential or client')
  return {
    factor: { kind: 'otp', counted },
    id: otp.id,
    isBound: otp.binding === check.binding,
  }
}

/**
 * A code that was sent without a list is for any; but without a list, where one could be known, only the code will do
 * whose message said that the documents are not yet known.
 */
function isForThis(bound: string | undefined, check: FactorCheck): boolean {
  const { binding, anyListBinding, lateBinding } = check
  if (bound === undefined) return false
  if (bound === anyListBinding) return binding !== undefined || lateBinding === undefined
  return bound === binding || bound === lateBinding
}

async function checkTotp(deps: SamDeps, check: FactorCheck): Promise<PassedFactor> {
  const attempt = { ...check, kind: 'totp' as const }
  const counted = await countAttempt(deps, attempt)
  const { totpSecret, totpStep } = counted.value
  if (totpSecret === undefined) throw new Error('a TOTP factor without a secret')
  const step = await matchingStep(deps, {
    signerId: check.signerId,
    sealed: totpSecret,
    given: (check.given.totp ?? '').replace(/[ -]/g, ''),
    lastStep: totpStep ?? 0,
    now: deps.clock.now(),
  })
  if (step === undefined)
    return refuseAttempt(deps, attempt, counted, 'wrong code, or its time step was used')
  return { kind: 'totp', counted, step }
}

function isCodeOf({ pin, otp, totp }: GivenFactors): boolean {
  const digits = (given: string | undefined): string | undefined => given?.replace(/[ -]/g, '')
  return [otp, totp].some((code) => code !== undefined && digits(code) === digits(pin))
}

async function checkPin(deps: SamDeps, check: FactorCheck): Promise<PassedFactor> {
  const attempt = { ...check, kind: 'pin' as const }
  const counted = await countAttempt(deps, attempt)
  const { pinHash } = counted.value
  if (pinHash === undefined) throw new Error('a PIN factor without a hash')
  // Two factors are two things that the signer has to show: one text is one.
  if (isCodeOf(check.given)) return refuseAttempt(deps, attempt, counted, 'the PIN is the code')
  if (!(await isPin(deps, check.signerId, pinHash, check.given.pin ?? '')))
    return refuseAttempt(deps, attempt, counted, 'wrong PIN')
  return { kind: 'pin', counted }
}

/** Throws the factor's `invalid` or `locked` code if what was right then would not be right now. */
export function requireStillPassed(
  deps: SamDeps,
  kind: FactorKind,
  stored: Stored<'factor'> | undefined,
  counted: Stored<'factor'>,
): asserts stored is Stored<'factor'> {
  if (stored === undefined || !isSameContent(stored.value, counted.value))
    throw invalid(kind, `the factor ${kind} was changed meanwhile`)
  // Attempts that came after this one may have locked the factor: then only `ra` opens it again.
  if (isLocked(stored.value, deps.config.lockAfter) && stored.value.attempts !== counted.value.attempts)
    throw locked(kind, `factor ${kind} was locked meanwhile`)
  if (stored.value.isHeld === 'yes') throw locked(kind, `factor ${kind} is held`)
}

/**
 * The records of the passed factors as they become when the whole act succeeds: counters at zero, the time step used.
 * Read anew at each try but the first, since another request may have counted meanwhile. Throws `otp_invalid` if
 * another one used the time step first, the factor's `locked` code if it was locked meanwhile.
 */
export async function prepareSuccess(
  deps: SamDeps,
  signerId: string,
  passed: PassedFactors,
  tries: number,
): Promise<readonly PreparedRecord[]> {
  const prepared: PreparedRecord[] = []
  for (const { kind, step, counted } of passed.factors) {
    const stored = tries === 1 ? counted : await deps.records.read('factor', factorId(kind, signerId))
    requireStillPassed(deps, kind, stored, counted)
    if (step !== undefined && step <= (stored.value.totpStep ?? 0))
      throw invalid(kind, 'the time step was used')
    const next = { ...stored.value, attempts: 0, ...(step === undefined ? {} : { totpStep: step }) }
    prepared.push(await deps.records.prepareNext(stored, next))
  }
  return prepared
}
