import type { Knex } from 'knex'
import type { Unit } from './writer.ts'

/** One signer's act, as the ledger holds it. `body` is canonical and under `mac`; `state` is not. */
export interface ActivationRow {
  readonly id: string
  readonly version: number
  /** SHA-256 of the SAD. */
  readonly sad_hash: Buffer
  readonly credential_id: string
  readonly family_id: string
  /** Milliseconds since 1970. */
  readonly expires_at: number
  readonly body: string
  readonly mac: Buffer
  readonly state: 'open' | 'spent' | 'void'
}

export interface OccurrenceRow {
  readonly activation_id: string
  readonly position: number
  readonly digest: Buffer | null
  readonly spent_by: string | null
}

const CHUNK = 500

export async function addActivation(
  unit: Unit,
  row: ActivationRow,
  digests: readonly (Buffer | undefined)[],
): Promise<void> {
  await unit.trx('activation').insert(row)
  const occurrences = digests.map((digest, position) => ({
    activation_id: row.id,
    position,
    digest: digest ?? null,
    spent_by: null,
  }))
  for (let at = 0; at < occurrences.length; at += CHUNK)
    await unit.trx('occurrence').insert(occurrences.slice(at, at + CHUNK))
}

export async function activationBySad(knex: Knex, sadHash: Buffer): Promise<ActivationRow | undefined> {
  return knex<ActivationRow>('activation').where({ sad_hash: sadHash }).first()
}

/** Everything that an activation authorized, spent or not, in the order of its list. */
export async function occurrencesOf(knex: Knex, activationId: string): Promise<readonly OccurrenceRow[]> {
  return knex<OccurrenceRow>('occurrence').where({ activation_id: activationId }).orderBy('position')
}

/**
 * Spends these positions for one reservation, and ends the activation with its last one. False, and nothing spent, if
 * the activation is not open under this very SAD, has expired, or one of them is spent.
 */
export async function spendOccurrences(
  unit: Unit,
  spend: {
    readonly activation: ActivationRow
    readonly positions: readonly number[]
    readonly reservationId: string
    readonly now: number
  },
): Promise<boolean> {
  const { activation, positions, reservationId } = spend
  const alive = unit
    .trx('activation')
    .where({ id: activation.id, sad_hash: activation.sad_hash, state: 'open' })
    .where('expires_at', '>', spend.now)
    .select('id')
  let spent = 0
  for (let at = 0; at < positions.length; at += CHUNK)
    spent += await unit
      .trx('occurrence')
      .whereIn('activation_id', alive)
      .whereIn('position', positions.slice(at, at + CHUNK))
      .whereNull('spent_by')
      .update({ spent_by: reservationId })
  if (spent !== positions.length) {
    if (spent > 0) await unit.trx('occurrence').where({ spent_by: reservationId }).update({ spent_by: null })
    return false
  }
  const left = unit
    .trx('occurrence')
    .where({ activation_id: activation.id })
    .whereNull('spent_by')
    .select('position')
  await unit
    .trx('activation')
    .where({ id: activation.id, state: 'open' })
    .whereNotExists(left)
    .update({ state: 'spent' })
  return true
}

/** Gives back what a reservation spent: only for a process that knows that it made no signing call. */
export async function giveBackOccurrences(
  unit: Unit,
  reservationId: string,
  activationId: string,
): Promise<void> {
  await unit.trx('occurrence').where({ spent_by: reservationId }).update({ spent_by: null })
  await unit.trx('activation').where({ id: activationId, state: 'spent' }).update({ state: 'open' })
}

/** Replaces the handle of an open activation. False if it is not open under `sadHash` or has expired. */
export async function replaceSad(
  unit: Unit,
  replacement: { readonly sadHash: Buffer; readonly now: number; readonly next: ActivationRow },
): Promise<boolean> {
  const { id, version, sad_hash, expires_at, body, mac } = replacement.next
  const changed = await unit
    .trx('activation')
    .where({ id, sad_hash: replacement.sadHash, state: 'open', version: version - 1 })
    .where('expires_at', '>', replacement.now)
    .update({ version, sad_hash, expires_at, body, mac })
  return changed === 1
}

/**
 * Voids every activation that matches and could still sign: the open ones, and those whose last hashes are with the HSM
 * at this moment, since they would be open again if the HSM was never asked. Returns how many.
 */
export async function voidActivations(
  unit: Unit,
  match: { readonly family_id?: string; readonly credential_id?: string; readonly sad_hash?: Buffer },
): Promise<number> {
  const activations = (state: ActivationRow['state']): Knex.QueryBuilder =>
    unit.trx('activation').where({ ...match, state })
  const underWay = unit.trx('reservation').where({ state: 'open' }).select('activation_id')
  const open: number = await activations('open').update({ state: 'void' })
  const withTheHsm: number = await activations('spent').whereIn('id', underWay).update({ state: 'void' })
  return open + withTheHsm
}
