import type { Knex } from 'knex'
import type { SqlType } from '../../store/dialect.ts'
import type { SetStatement } from '../../store/gathering.ts'
import type { Sql } from '../../store/sql.ts'
import { lockRows } from '../../store/lockRows.ts'
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

/** Of the columns, in the order of `insertActivations`. */
const ACTIVATION_TYPES: readonly SqlType[] = [
  'text',
  'integer',
  'bytes',
  'text',
  'text',
  'integer',
  'text',
  'bytes',
  'text',
]

interface NewActivation {
  readonly row: ActivationRow
  readonly digests: readonly (Buffer | undefined)[]
}

/** The rows of the acts, then those of what they authorized. */
const insertActivations: SetStatement<NewActivation, undefined> = {
  async run(sql, items) {
    const acts = sql.dialect.list(
      ACTIVATION_TYPES,
      items.map(({ row }) => [
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
    await sql.rows(
      `insert into activation
        (id, version, sad_hash, credential_id, family_id, expires_at, body, mac, state) ${acts.text}`,
      acts.values,
    )
    const occurrences = items.map(({ row, digests }) =>
      digests.map((digest, position) => [row.id, position, digest ?? null]),
    )
    for (const chunk of chunksOf(occurrences)) {
      const { text, values } = sql.dialect.list(['text', 'integer', 'bytes'], chunk)
      await sql.rows(`insert into occurrence (activation_id, position, digest) ${text}`, values)
    }
    return items.map(() => undefined)
  },
}

/** Rows of several items, as many together as one statement takes; those of one item never apart. */
function chunksOf<T>(items: readonly (readonly T[])[]): readonly (readonly T[])[] {
  const chunks: T[][] = []
  for (const rows of items) {
    const last = chunks.at(-1)
    if (last !== undefined && last.length + rows.length <= CHUNK) last.push(...rows)
    else if (rows.length > 0) chunks.push([...rows])
  }
  return chunks
}

export async function addActivation(
  unit: Unit,
  row: ActivationRow,
  digests: readonly (Buffer | undefined)[],
): Promise<void> {
  await unit.do(insertActivations, { row, digests })
}

/** The activation of each SAD's hash, whatever its state. */
export const activationsBySad: SetStatement<Buffer, ActivationRow | undefined> = {
  async run(sql, items) {
    const { text, values } = sql.dialect.among('bytes', items)
    const rows = await sql.rows<ActivationRow>(`select * from activation where sad_hash ${text}`, values)
    const found = new Map(rows.map((row) => [row.sad_hash.toString('hex'), row]))
    return items.map((item) => found.get(item.toString('hex')))
  },
}

/** Everything that each activation authorized, spent or not, in the order of its list. */
export const occurrencesOf: SetStatement<string, readonly OccurrenceRow[]> = {
  async run(sql, items) {
    const { text, values } = sql.dialect.among('text', items)
    const rows = await sql.rows<OccurrenceRow>(
      `select * from occurrence where activation_id ${text} order by activation_id, position`,
      values,
    )
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

/**
 * Writes each reservation's id into the rows that it gets. Whoever did not get all leaves what he got; only then do the
 * activations end of which nothing is left.
 */
const spend: SetStatement<Spend, boolean> = {
  async run(sql, items) {
    const taken = await takeOccurrences(sql, items)
    const hasAll = items.map(
      ({ reservationId, positions }) => (taken.get(reservationId) ?? 0) === positions.length,
    )
    const short = items.filter((_, index) => hasAll[index] !== true).map(({ reservationId }) => reservationId)
    if (short.length > 0) await leave(sql, short)
    const spent = items.filter((_, index) => hasAll[index] === true).map(({ activation }) => activation.id)
    if (spent.length > 0) await endIfSpent(sql, spent)
    return hasAll
  },
}

/** How many rows each reservation got. */
async function takeOccurrences(sql: Sql, items: readonly Spend[]): Promise<ReadonlyMap<string, number>> {
  // Another node may void or spend the same: what the statements below find is what it left.
  await lockRows(
    sql,
    'activation where',
    items.map(({ activation }) => activation.id),
  )
  const rows = items.map(({ activation, positions, reservationId, now }) =>
    positions.map((position) => [activation.id, position, reservationId, activation.sad_hash, now]),
  )
  const taken = new Map<string, number>()
  for (const chunk of chunksOf(rows)) {
    const { text, values } = sql.dialect.list(['text', 'integer', 'text', 'bytes', 'integer'], chunk)
    const got = await sql.rows<{ readonly spent_by: string }>(
      `update occurrence set spent_by = wanted.column3 from (${text}) as wanted
        where activation_id = wanted.column1 and position = wanted.column2 and spent_by is null
          and exists (select 1 from activation where activation.id = wanted.column1 and state = 'open'
            and sad_hash = wanted.column4 and expires_at > wanted.column5)
        returning spent_by`,
      values,
    )
    for (const { spent_by } of got) taken.set(spent_by, (taken.get(spent_by) ?? 0) + 1)
  }
  return taken
}

async function leave(sql: Sql, reservationIds: readonly string[]): Promise<void> {
  const { text, values } = sql.dialect.among('text', reservationIds)
  await sql.rows(`update occurrence set spent_by = null where spent_by ${text}`, values)
}

/** Ends those activations of which nothing is left. */
async function endIfSpent(sql: Sql, activationIds: readonly string[]): Promise<void> {
  const { text, values } = sql.dialect.among('text', activationIds)
  await sql.rows(
    `update activation set state = 'spent'
      where state = 'open' and id ${text}
        and not exists (select 1 from occurrence where activation_id = activation.id and spent_by is null)`,
    values,
  )
}

/**
 * Spends these positions for one reservation, and ends the activation with its last one. False, and nothing spent, if
 * the activation is not open under this very SAD, has expired, or one of them is spent.
 */
export async function spendOccurrences(unit: Unit, wanted: Spend): Promise<boolean> {
  return unit.do(spend, wanted)
}

/** Gives back what a reservation spent: only for a process that knows that it made no signing call. */
export async function giveBackOccurrences(
  unit: Unit,
  reservationId: string,
  activationId: string,
): Promise<void> {
  await unit.do(giveBack, { reservationId, activationId })
}

const giveBack: SetStatement<{ readonly reservationId: string; readonly activationId: string }, undefined> = {
  async run(sql, items) {
    const activationIds = items.map(({ activationId }) => activationId)
    await lockRows(sql, 'activation where', activationIds)
    await leave(
      sql,
      items.map(({ reservationId }) => reservationId),
    )
    const { text, values } = sql.dialect.among('text', activationIds)
    await sql.rows(`update activation set state = 'open' where state = 'spent' and id ${text}`, values)
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
