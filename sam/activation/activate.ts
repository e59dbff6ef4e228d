import { randomInt } from 'node:crypto'
import type { SignatureScheme } from '../../sap/algorithms.ts'
import { SapFailure } from '../../sap/errors.ts'
import type { SamDeps } from '../deps.ts'
import { newId } from '../ids.ts'
import { spendOccurrences, type OccurrenceRow } from '../state/activations.ts'
import { addReservation } from '../state/reservations.ts'
import { Activation } from './activation.ts'
import { listSha256, type OpenedActivation } from './ledger.ts'
import { IntegrityFailure, type Stored } from '../state/records.ts'
import { Conflict } from '../state/writer.ts'

/** Milliseconds that a process may take from spending to releasing; after it, it makes no HSM call any more. */
const LEASE_MS = 60_000

export interface Spending {
  readonly requestId: string
  readonly opened: OpenedActivation
  readonly occurrences: readonly OccurrenceRow[]
  readonly key: Stored<'key'>
  readonly scheme: SignatureScheme
  /** In the order wanted. A hash listed twice needs two occurrences. */
  readonly digests: readonly Buffer[]
  /** What the key signs in place of each digest: the hash of signed attributes that were checked against it. */
  readonly attributeHashes?: readonly Buffer[] | undefined
}

export interface Activated {
  readonly activation: Activation
  /** What the outcome is written under. */
  readonly reservationId: string
}

/**
 * Spends the hashes and writes the intent, in one transaction, and only then makes the Activation. All or nothing:
 * one hash that is not authorized, or not any more, refuses the whole request and spends nothing.
 * Throws `hash_not_authorized`, `sad_invalid`; Conflict if the key changed, or what was free was spent, since it was
 * read.
 */
export async function activate(deps: SamDeps, spending: Spending): Promise<Activated> {
  const { requestId, opened, key, scheme, digests, attributeHashes } = spending
  requireTheAuthorizedList(spending)
  const positions = positionsOf(spending)
  const reservationId = newId('res-')
  const now = deps.clock.now()
  const leaseUntil = now + LEASE_MS

  const isSpent = await deps.writer.writeTogether(async (unit) => {
    await deps.records.requireCurrent(unit, key)
    if (!(await spendOccurrences(unit, { activation: opened.row, positions, reservationId, now })))
      return false
    await addReservation(unit, {
      id: reservationId,
      activation_id: opened.row.id,
      credential_id: key.id,
      request_id: requestId,
      node: deps.config.node,
      incarnation: deps.incarnation,
      lease_until: leaseUntil,
      state: 'open',
    })
    unit.record({
      type: 'SIGNING',
      requestId,
      fields: {
        reservationId,
        activationId: opened.row.id,
        credentialId: key.id,
        signerId: opened.entry.signerId,
        clientId: opened.entry.clientId,
        grade: opened.entry.grade,
        scheme: scheme.name,
        digestAlgorithm: scheme.digest,
        ...(scheme.name === 'rsa-pss' ? { saltLength: scheme.saltLength } : {}),
        hashes: digests.map((digest) => digest.toString('hex')),
        ...(attributeHashes && { attributeHashes: attributeHashes.map((hash) => hash.toString('hex')) }),
        positions,
      },
    })
    return true
  })
  // Whoever was faster may have left something: only what is read anew tells.
  if (!isSpent) throw new Conflict(`positions of activation ${opened.row.id} were spent meanwhile`)
  const grant = { credentialId: key.id, scheme, digests: attributeHashes ?? digests, leaseUntil }
  return { activation: Activation.mint(grant), reservationId }
}

/** The ledger's MAC covers the list by its hash: a digest that was exchanged in the database shows here. */
function requireTheAuthorizedList({ opened, occurrences }: Spending): void {
  const list = listSha256(occurrences.map((occurrence) => occurrence.digest ?? undefined))
  if (list !== opened.entry.listSha256)
    throw new IntegrityFailure(`the list of activation ${opened.row.id} was changed`)
}

/**
 * An unspent occurrence for each digest, in request order; any of its equals, so that calls at the same time seldom want
 * the same.
 */
function positionsOf({ occurrences, digests }: Spending): readonly number[] {
  const free = new Map<string, number[]>()
  for (const { digest, position, spent_by } of occurrences) {
    if (spent_by !== null) continue
    const name = digest === null ? 'any' : digest.toString('hex')
    const positions = free.get(name)
    if (positions === undefined) free.set(name, [position])
    else positions.push(position)
  }
  if (free.size === 0) throw new SapFailure('sad_invalid', 'nothing is left of this SAD')
  return digests.map((digest) => {
    const position = takeAny(free.get(digest.toString('hex'))) ?? takeAny(free.get('any'))
    if (position === undefined)
      throw new SapFailure('hash_not_authorized', 'a hash is not, or no longer, authorized')
    return position
  })
}

function takeAny(positions: number[] | undefined): number | undefined {
  if (positions === undefined || positions.length === 0) return undefined
  return positions.splice(randomInt(positions.length), 1)[0]
}
