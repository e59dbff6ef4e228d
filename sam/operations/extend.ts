import { SapFailure } from '../../sap/errors.ts'
import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import { hashList } from '../activation/hashList.ts'
import type { OpenedActivation } from '../activation/ledger.ts'
import type { SamDeps } from '../deps.ts'
import { occurrencesOf, replaceSad, type OccurrenceRow } from '../state/activations.ts'
import type { KeyRecord } from '../state/recordKinds.ts'
import { openedSad } from './openedSad.ts'
import { ownedKey, requireUsable } from './ownedKey.ts'

type Request = SamRequest<'extend'>

/**
 * CSC API v1.0.4.0 §11.7: renews what was approved under a new SAD and voids the old one. Hashes may be named to be
 * checked, never to be added: a new hash needs a new act. Never reaches beyond the limit counted from the act.
 */
export async function extend(deps: SamDeps, request: Request): Promise<SamAnswer<'extend'>> {
  deps.state.requireOperational()
  const opened = await openedSad(deps, request)
  const key = await ownedKey(deps, request.signerId, request.credentialId)
  requireUsable(key.value, deps.clock.now())
  const { row, entry } = opened
  if (row.state !== 'open') throw new SapFailure('sad_invalid', `the SAD is ${row.state}`)
  if (request.hashes === undefined && key.value.scal === '2' && entry.hashAlgorithm !== 'any')
    throw new SapFailure('hashes_missing', 'SCAL 2 takes no extension without hashes')
  requireAuthorized(request, key.value, opened, await deps.reads.do(occurrencesOf, row.id))
  const now = deps.clock.now()
  if (row.expires_at <= now) throw new SapFailure('sad_expired', 'the SAD has expired')

  const limit = entry.actAt + deps.config.sad.limitSeconds * 1000
  const expiresAt = Math.min(now + deps.config.sad.lifetimeSeconds * 1000, limit)
  const expiresInSeconds = Math.floor((expiresAt - now) / 1000)
  if (expiresInSeconds < 1) throw new SapFailure('sad_expired', 'the limit since the act is reached')
  const sad = await deps.ledger.newSad()
  const next = await deps.ledger.seal(row.id, row.version + 1, sad, { ...entry, expiresAt })
  const isReplaced = await deps.writer.write(async (unit) => {
    if (!(await replaceSad(unit, { sadHash: row.sad_hash, now, next }))) return false
    unit.record({
      type: 'EXTENDED',
      requestId: request.requestId,
      fields: { activationId: row.id, expiresAt },
    })
    return true
  })
  if (!isReplaced) throw new SapFailure('sad_invalid', 'spent, voided or extended meanwhile')
  return { sad, expiresInSeconds }
}

function requireAuthorized(
  request: Request,
  key: KeyRecord,
  opened: OpenedActivation,
  occurrences: readonly OccurrenceRow[],
): void {
  if (request.hashes === undefined) return
  const list = hashList(request.hashes, request.hashAlgorithm)
  const left = occurrences.filter((one) => one.spent_by === null).map((one) => one.digest?.toString('hex'))
  if (opened.entry.hashAlgorithm === 'any') {
    // CSC wants hashes of every SCAL 2 extension. Where they come late by policy they are counted, and not kept.
    if (key.scal === '2' && list.digests.length <= left.length) return
    throw new SapFailure('hash_not_authorized', 'the act named no hashes, and an extension adds none')
  }
  for (const digest of list.digests) {
    const at = left.indexOf(digest.toString('hex'))
    if (at < 0) throw new SapFailure('hash_not_authorized', 'a hash is not, or no longer, authorized')
    left.splice(at, 1)
  }
}
