import type { Knex } from 'knex'
import type { SetStatement } from '../../store/gathering.ts'
import { valuesList } from '../../store/valuesList.ts'
import type { TransactionUnit, Unit } from './writer.ts'

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

/** Rows of one statement: SQLite takes at most 32766 values. */
const CHUNK = 5000

const insertActivations: SetStatement<ActivationRow, undefined> = {
  async run(knex, items) {
    const { text, values } = valuesList(
      items.map((row) => [
        row.id,
        row.version,
        row.sad_hash,
        row.credential_id,
        row.family_id,
        row.expires_at,
        row.body,
        row.mac,
        row.state,
      ]),
    )
    await knex.raw(
      `insert into activation
        (id, version, sad_hash, credential_id, family_id, expires_at, body, mac, state) ${text}`,
      [...values],
    )
    return items.map(() => undefined)
  },
}

interface Occurrences {
  readonly activationId: string
  readonly digests: readonly (Buffer | undefined)[]
}

const insertOccurrences: SetStatement<Occurrences, undefined> = {
  async run(knex, items) {
    const rows = items.flatMap(({ activationId, digests }) =>
      digests.map((digest, position) => [activationId, position, digest ?? null]),
    )
    for (let at = 0; at < rows.length; at += CHUNK) {
      const { text, values } = valuesList(rows.slice(at, at + CHUNK))
      await knex.raw(`insert into occurrence (activation_id, position, digest) ${text}`, [...values])
    }
    return items.map(() => undefined)
  },
}

export async function addActivation(
  unit: Unit,
  row: ActivationRow,
  digests: readonly (Buffer | undefined)[],
): Promise<void> {
  await Promise.all([
    unit.do(insertActivations, row),
    unit.do(insertOccurrences, { activationId: row.id, digests }),
  ])
}

/** The activation of each SAD's hash, whatever its state. */
export const activationsBySad: SetStatement<Buffer, ActivationRow | undefined> = {
  async run(knex, items) {
    const rows: ActivationRow[] = await knex<ActivationRow>('activation').whereIn('sad_hash', items)
    const found = new Map(rows.map((row) => [row.sad_hash.toString('hex'), row]))
    return items.map((item) => found.get(item.toString('hex')))
  },
}

/** Everything that each activation authorized, spent or not, in the order of its list. */
export const occurrencesOf: SetStatement<string, readonly OccurrenceRow[]> = {
  async run(knex, items) {
    const rows: OccurrenceRow[] = await knex<OccurrenceRow>('occurrence')
      .whereIn('activation_id', items)
      .orderBy(['activation_id', 'position'])
    const found = new Map<string, OccurrenceRow[]>(items.map((item) => [item, []]))
    for (const row of rows) found.get(row.activation_id)?.push(row)
    return items.map((item) => found.get(item) ?? [])
  },
}

interface Spend {
  readonly activation: ActivationRow
  readonly positions: readonly number[]
  readonly reservationId: string
  readonly now: number
}

/** Writes each reservation's id into the rows that it gets; answers how many it got. */
const takeOccurrences: SetStatement<Spend, number> = {
  async run(knex, items) {
    const rows = items.flatMap(({ activation, positions, reservationId, now }) =>
      positions.map((position) => [activation.id, position, reservationId, activation.sad_hash, now]),
    )
    const taken = new Map<string, number>()
    for (let at = 0; at < rows.length; at += CHUNK) {
      const { text, values } = valuesList(rows.slice(at, at + CHUNK))
      const got: readonly { readonly spent_by: string }[] = await knex.raw(
        `update occurrence set spent_by = wanted.column3 from (${text}) as wanted
          where activation_id = wanted.column1 and position = wanted.column2 and spent_by is null
            and exists (select 1 from activation where activation.id = wanted.column1 and state = 'open'
              and sad_hash = wanted.column4 and expires_at > wanted.column5)
          returning spent_by`,
        [...values],
      )
      for (const { spent_by } of got) taken.set(spent_by, (taken.get(spent_by) ?? 0) + 1)
    }
    return items.map(({ reservationId }) => taken.get(reservationId) ?? 0)
  },
}

const leaveOccurrences: SetStatement<string, undefined> = {
  async run(knex, items) {
    await knex('occurrence').whereIn('spent_by', items).update({ spent_by: null })
    return items.map(() => undefined)
  },
}

/** Ends the activations of which nothing is left. */
const endIfSpent: SetStatement<string, undefined> = {
  async run(knex, items) {
    const left = knex('occurrence')
      .whereRaw('activation_id = activation.id')
      .whereNull('spent_by')
      .select('position')
    await knex('activation')
      .whereIn('id', items)
      .where({ state: 'open' })
      .whereNotExists(left)
      .update({ state: 'spent' })
    return items.map(() => undefined)
  },
}

/**
 * Spends these positions for one reservation, and ends the activation with its last one. False, and nothing spent, if
 * the activation is not open under this very SAD, has expired, or one of them is spent.
 */
export async function spendOccurrences(unit: Unit, spend: Spend): Promise<boolean> {
  const taken = await unit.do(takeOccurrences, spend)
  if (taken !== spend.positions.length) {
    if (taken > 0) await unit.do(leaveOccurrences, spend.reservationId)
    return false
  }
  await unit.do(endIfSpent, spend.activation.id)
  return true
}

/** Gives back what a reservation spent: only for a process that knows that it made no signing call. */
export async function giveBackOccurrences(
  unit: Unit,
  reservationId: string,
  activationId: string,
): Promise<void> {
  await Promise.all([unit.do(leaveOccurrences, reservationId), unit.do(openAgain, activationId)])
}

const openAgain: SetStatement<string, undefined> = {
  async run(knex, items) {
    await knex('activation').whereIn('id', items).where({ state: 'spent' }).update({ state: 'open' })
    return items.map(() => undefined)
  },
}

/** Replaces the handle of an open activation. False if it is not open under `sadHash` or has expired. */
export async function replaceSad(
  unit: TransactionUnit,
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
  unit: TransactionUnit,
  match: { readonly family_id?: string; readonly credential_id?: string; readonly sad_hash?: Buffer },
): Promise<number> {
  const activations = (state: ActivationRow['state']): Knex.QueryBuilder =>
    unit.trx('activation').where({ ...match, state })
  const underWay = unit.trx('reservation').where({ state: 'open' }).select('activation_id')
  const open: number = await activations('open').update({ state: 'void' })
  const withTheHsm: number = await activations('spent').whereIn('id', underWay).update({ state: 'void' })
  return open + withTheHsm
}
