import { SapFailure } from '../../sap/errors.ts'
import { isAtLeast, leastGrade, takenSets } from '../../sap/factorExpression.ts'
import type { FactorKind, SamAnswer, SamRequest } from '../../sap/operations.ts'
import {
  anyListBindingText,
  bindingText,
  hashList,
  lateBindingText,
  type HashList,
} from '../activation/hashList.ts'
import { listSha256, type LedgerEntry } from '../activation/ledger.ts'
import type { SamDeps } from '../deps.ts'
import {
  checkFactors,
  recordLocks,
  prepareSuccess,
  type GivenFactors,
  type PassedFactors,
} from '../factors/checkFactors.ts'
import { newId } from '../ids.ts'
import { addActivation } from '../state/activations.ts'
import { spendOtp } from '../state/otps.ts'
import type { KeyRecord } from '../state/recordKinds.ts'
import type { Stored } from '../state/records.ts'
import { retryConflicts } from '../state/retryConflicts.ts'
import { ownedKey, requireUsable } from './ownedKey.ts'
import { registeredClientName } from './registeredClient.ts'

type Request = SamRequest<'authorize'>

/**
 * CSC API v1.0.4.0 §11.6, v2 §11.6: checks the credential, the list and every factor, writes the activation to the
 * ledger, returns its handle. Everything is checked here, whatever the SSA has checked before.
 */
export async function authorize(deps: SamDeps, request: Request): Promise<SamAnswer<'authorize'>> {
  deps.state.requireOperational()
  const [, key] = await Promise.all([
    registeredClientName(deps, request.clientId),
    ownedKey(deps, request.signerId, request.credentialId),
  ])
  requireUsable(key.value, deps.clock.now())
  requireNumber(key.value, request.numberOfSignatures)
  const list = requireList(key.value, request)

  const passed = await checkFactors(deps, {
    requestId: request.requestId,
    signerId: request.signerId,
    policy: key.value,
    given: givenFactors(key.value, request),
    binding: list && bindingText({ ...request, list }),
    anyListBinding: anyListBindingText(request),
    lateBinding: key.value.lateHashes === true ? lateBindingText(request) : undefined,
  })
  const least = leastGrade(key.value)
  if (!isAtLeast(passed.grade, least)) {
    await recordLocks(deps, request, passed.factors)
    throw new SapFailure('grade_too_low', `${passed.grade} is below ${least}`)
  }
  return retryConflicts((tries) => writeActivation(deps, request, { key, list, passed }, tries))
}

/** CSC v1 has one word for both kinds of one-time codes: which of them it is, the credential says, or nobody does. */
function givenFactors(key: KeyRecord, { otp, totp, pin, oneTimePassword }: Request): GivenFactors {
  if (oneTimePassword === undefined) return { otp, totp, pin }
  if (otp !== undefined || totp !== undefined)
    throw new SapFailure('factor_unexpected', 'a one-time password beside a code by its own name')
  const takes = (kind: FactorKind): boolean => takenSets(key).some((set) => set.has(kind))
  if (takes('otp') && takes('totp'))
    throw new SapFailure('factor_unexpected', 'the credential takes both kinds of one-time codes')
  return takes('totp') ? { totp: oneTimePassword, pin } : { otp: oneTimePassword, pin }
}

function requireNumber(key: KeyRecord, count: number): void {
  if (count < 1) throw new SapFailure('number_of_signatures_invalid', 'at least one signature')
  if (count > key.multisign)
    throw new SapFailure('number_of_signatures_too_high', `${count} signatures, ${key.multisign} allowed`)
}

/**
 * SCAL 2 binds the SAD to hashes, one for each signature; SCAL 1 may leave them out, and so may a credential with
 * `lateHashes`: no code can be bound to what is not known, so such an act is never more than `plain-otp`.
 */
function requireList(key: KeyRecord, request: Request): HashList | undefined {
  if (request.hashes === undefined) {
    if (key.scal === '2' && key.lateHashes !== true)
      throw new SapFailure('hashes_missing', 'SCAL 2 takes no authorization without hashes')
    return undefined
  }
  const list = hashList(request.hashes, request.hashAlgorithm)
  if (list.digests.length !== request.numberOfSignatures)
    throw new SapFailure(
      'hash_count_mismatch',
      `${list.digests.length} hashes for ${request.numberOfSignatures} signatures`,
    )
  return list
}

interface Act {
  readonly key: Stored<'key'>
  readonly list: HashList | undefined
  readonly passed: PassedFactors
}

async function writeActivation(
  deps: SamDeps,
  request: Request,
  act: Act,
  tries: number,
): Promise<SamAnswer<'authorize'>> {
  const { list, passed } = act
  const actAt = deps.clock.now()
  // If the key was suspended while the factors were checked, the first try meets a conflict and the next one sees it.
  const key = tries === 1 ? act.key : await ownedKey(deps, request.signerId, request.credentialId)
  requireUsable(key.value, actAt)
  const digests = list?.digests ?? Array.from({ length: request.numberOfSignatures }, () => undefined)
  const entry: LedgerEntry = {
    signerId: request.signerId,
    clientId: request.clientId,
    familyId: request.familyId,
    credentialId: key.id,
    hashAlgorithm: list?.algorithm ?? 'any',
    listSha256: listSha256(digests),
    numberOfSignatures: request.numberOfSignatures,
    grade: passed.grade,
    factors: passed.factors.map(({ kind }) => kind),
    actAt,
    expiresAt: actAt + deps.config.sad.lifetimeSeconds * 1000,
  }
  const sad = await deps.ledger.newSad()
  const row = await deps.ledger.seal(newId('act-'), 1, sad, entry)
  const factors = await prepareSuccess(deps, request.signerId, passed, tries)

  const isWritten = await deps.writer.writeTogether(async (unit) => {
    // The one-time code first: of two requests that bear it, the second changes nothing at all.
    if (passed.otpId !== undefined && !(await spendOtp(unit, passed.otpId))) return false
    await Promise.all([
      deps.records.requireCurrent(unit, key),
      ...factors.map((factor) => deps.records.put(unit, factor)),
      addActivation(unit, row, digests),
    ])
    unit.record({ type: 'AUTHORIZED', requestId: request.requestId, fields: fieldsOf(row.id, entry, list) })
    return true
  })
  if (!isWritten) throw new SapFailure('otp_invalid', 'the code was used or voided meanwhile')
  return { sad, expiresInSeconds: deps.config.sad.lifetimeSeconds, grade: passed.grade }
}

function fieldsOf(
  activationId: string,
  entry: LedgerEntry,
  list: HashList | undefined,
): Readonly<Record<string, string | number | readonly string[]>> {
  return {
    activationId,
    ...entry,
    ...(list === undefined ? {} : { hashes: list.digests.map((digest) => digest.toString('hex')) }),
  }
}
