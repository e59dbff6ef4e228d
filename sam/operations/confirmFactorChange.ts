import { SapFailure } from '../../sap/errors.ts'
import { FACTOR_KINDS, type SamAnswer, type SamRequest } from '../../sap/operations.ts'
import { changeNoticeMessage } from '../channels/messages.ts'
import type { SamDeps } from '../deps.ts'
import { countAttempt, invalid, recordLock, refuseAttempt } from '../factors/attempt.ts'
import { changeOfText, changeSha256, requireChangeable, type FactorChange } from '../factors/change.ts'
import { requireStillPassed } from '../factors/checkFactors.ts'
import { requireSigner } from '../factors/enrol.ts'
import { factorId } from '../factors/factorId.ts'
import { contentOf, withoutWaiting } from '../factors/life.ts'
import { isOtp, normalizedOtp } from '../factors/otp.ts'
import { isPin } from '../factors/pin.ts'
import { otpauthUri, withTotpSecret } from '../factors/totp.ts'
import { wayOf } from '../factors/way.ts'
import { openOtpOf, spendOtp } from '../state/otps.ts'
import type { PreparedRecord, Stored } from '../state/records.ts'
import { retryConflicts } from '../state/retryConflicts.ts'
import { registeredClientName } from './registeredClient.ts'

type Request = SamRequest<'confirmFactorChange'>

/**
 * Proves a change with the OTP that was made for it and for nothing else. The old destination is told before anything
 * is written: a change of which nobody was told does not exist. Asked again after its answer was lost, it is
 * acknowledged again.
 */
export async function confirmFactorChange(
  deps: SamDeps,
  request: Request,
): Promise<SamAnswer<'confirmFactorChange'>> {
  deps.state.requireOperational()
  await registeredClientName(deps, request.clientId)
  const made = await madeBefore(deps, request)
  if (made !== undefined) {
    await deps.checkpointer.make()
    return made
  }
  const { change, counted } = await requireProof(deps, request)
  const worksAt = deps.clock.now() + deps.config.factorChange.waitingSeconds * 1000
  await tell(deps, request, { change, counted, worksAt })
  await retryConflicts((tries) => write(deps, request, { change, counted, worksAt }, tries))
  await deps.checkpointer.make()
  return answer(deps, request.signerId, change.kind, worksAt)
}

function answer(
  deps: SamDeps,
  signerId: string,
  kind: FactorChange['kind'],
  worksAt: number,
): SamAnswer<'confirmFactorChange'> {
  const worksInSeconds = Math.max(0, Math.ceil((worksAt - deps.clock.now()) / 1000))
  return { factorId: factorId(kind, signerId), worksInSeconds }
}

async function madeBefore(
  deps: SamDeps,
  { signerId, changeId }: Request,
): Promise<SamAnswer<'confirmFactorChange'> | undefined> {
  for (const kind of FACTOR_KINDS) {
    const next = (await deps.records.read('factor', factorId(kind, signerId)))?.value.next
    if (next?.changeId === changeId && next.worksAt !== undefined)
      return answer(deps, signerId, kind, next.worksAt)
  }
  return undefined
}

interface Proof {
  readonly change: FactorChange
  /** The OTP factor as this attempt left it. */
  readonly counted: Stored<'factor'>
}

/** The attempt is counted durably before the comparison, like every attempt at this factor. */
async function requireProof(deps: SamDeps, request: Request): Promise<Proof> {
  const { requestId, signerId, clientId, changeId } = request
  const attempt = { requestId, signerId, kind: 'otp' } as const
  const counted = await countAttempt(deps, attempt)
  const refuse = (reason: string): Promise<never> => refuseAttempt(deps, attempt, counted, reason)
  const code = normalizedOtp(request.otp)
  if (code === undefined) return refuse('not a code of eight digits')
  const otp = await deps.reads.do(openOtpOf, signerId)
  if (otp === undefined) return refuse('no code is open')
  if (!(await isOtp(deps, otp, code))) return refuse('wrong code')
  if (otp.expiresAt <= deps.clock.now()) return refuse('the code has expired')
  const change = changeOfText(otp.binding)
  if (change === undefined) return refuse('the code was not made for a change')
  if (otp.id !== changeId) return refuse('the code was made for another change')
  if (change.clientId !== clientId) return refuse('the change was begun by another client')
  const reason = await samePin(deps, signerId, change, code)
  if (reason !== undefined) {
    await recordLock(deps, attempt, counted)
    throw new SapFailure('pin_too_weak', reason)
  }
  return { change, counted }
}

/** Why the PIN is not taken. Only now that the change is proved: before, this would tell whoever asks what the PIN is. */
async function samePin(
  deps: SamDeps,
  signerId: string,
  { pinHash, isOldPin }: FactorChange,
  code: string,
): Promise<string | undefined> {
  if (isOldPin === true) return 'the PIN of before'
  if (pinHash !== undefined && (await isPin(deps, signerId, pinHash, code))) return 'the PIN is the code'
  return undefined
}

/** With a new authenticator comes its secret: to the signer, by the way that the SSA does not see. */
async function tell(
  deps: SamDeps,
  { signerId }: Request,
  { change, counted, worksAt }: Proof & { readonly worksAt: number },
): Promise<void> {
  await changeable(deps, signerId, change, counted)
  const way = wayOf(deps.channels, counted.value)
  if (way === undefined) throw new SapFailure('otp_not_sendable', 'the channel is not configured')
  const message = changeNoticeMessage({
    kind: change.kind,
    action: change.action,
    destination: change.destination,
    worksAt: new Date(worksAt),
    authenticator: await authenticatorUri(deps, signerId, change.totpSecret),
  })
  try {
    await way.channel.deliver({ ...message, to: way.destination })
  } catch (cause) {
    throw new SapFailure('unavailable', 'the old destination could not be told', { cause })
  }
}

async function authenticatorUri(
  deps: SamDeps,
  signerId: string,
  sealed: Buffer | undefined,
): Promise<string | undefined> {
  if (sealed === undefined) return undefined
  const account = await requireSigner(deps, signerId)
  return withTotpSecret(deps, signerId, sealed, (secret) => otpauthUri(secret, account))
}

/** The factor that is to change, as it is now. With the OTP's own it is known already that it is not locked. */
async function changeable(
  deps: SamDeps,
  signerId: string,
  change: FactorChange,
  otp: Stored<'factor'>,
): Promise<Stored<'factor'> | undefined> {
  const stored =
    change.kind === 'otp' ? otp : await deps.records.read('factor', factorId(change.kind, signerId))
  const value = stored && (change.kind === 'otp' ? { ...stored.value, attempts: 0 } : stored.value)
  requireChangeable(deps, change, value)
  return stored
}

async function write(
  deps: SamDeps,
  request: Request,
  proved: Proof & { readonly worksAt: number },
  tries: number,
): Promise<void> {
  const { requestId, signerId, clientId, changeId } = request
  const { change, worksAt } = proved
  const records = await prepare(deps, request, proved, tries)
  const isWritten = await deps.writer.write(async (unit) => {
    if (!(await spendOtp(unit, changeId))) return false
    for (const record of records) await deps.records.put(unit, record)
    const { kind: factor, action } = change
    const fields = {
      ...{ signerId, clientId, changeId, factor, action, worksAt },
      changeSha256: changeSha256(change),
    }
    unit.record({ type: 'FACTOR_CHANGE_PROVED', requestId, fields })
    return true
  })
  if (!isWritten) throw invalid('otp', 'the code was used or voided meanwhile')
}

/** The OTP's factor with its attempts given back, and the factor that is to change with what waits. */
async function prepare(
  deps: SamDeps,
  { signerId, changeId }: Request,
  { change, counted, worksAt }: Proof & { readonly worksAt: number },
  tries: number,
): Promise<readonly PreparedRecord[]> {
  const { records, clock } = deps
  const otp = tries === 1 ? counted : await records.read('factor', counted.id)
  requireStillPassed(deps, 'otp', otp, counted)
  const passed = { ...otp.value, attempts: 0 }
  const next = { action: change.action, worksAt, changeId, ...contentOf(change) }
  const target = await changeable(deps, signerId, change, otp)
  if (change.kind === 'otp') return [await records.prepareNext(otp, { ...passed, next })]
  const proof = await records.prepareNext(otp, passed)
  if (target !== undefined)
    return [proof, await records.prepareNext(target, { ...withoutWaiting(target.value, clock.now()), next })]
  const { kind } = change
  const added = { signerId, kind, enrolledAt: clock.now(), attempts: 0, isHeld: 'no', next } as const
  return [proof, await records.prepareNew('factor', factorId(kind, signerId), added, signerId)]
}
