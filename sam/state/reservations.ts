import type { Knex } from 'knex'
import type { SqlType } from '../../store/dialect.ts'
import type { SetStatement } from '../../store/gathering.ts'
import type { Unit } from './writer.ts'

export type ReservationState = 'open' | 'signed' | 'failed' | 'released' | 'unknown'

/** What one signing request spent, until its outcome is known. */
export interface ReservationRow {
  readonly id: string
  readonly activation_id: string
  readonly credential_id: string
  readonly request_id: string
  readonly node: string
  /** Of the process: a new one at each start. */
  readonly incarnation: string
  /** Milliseconds since 1970: after it, this process makes no HSM call for it and releases no signature. */
  readonly lease_until: number
  readonly state: ReservationState
}

/** Of the columns, in the order of `insertReservations`. */
const TYPES: readonly SqlType[] = ['text', 'text', 'text', 'text', 'text', 'text', 'integer', 'text']

const insertReservations: SetStatement<ReservationRow, undefined> = {
  async run(sql, items) {
    const { text, values } = sql.dialect.list(
      TYPES,
      items.map((row) => [
        row.id,
        row.activation_id,
        row.credential_id,
        row.request_id,
        row.node,
        row.incarnation,
        row.lease_until,
        row.state,
      ]),
    )
    await sql.rows(
      `insert into reservation
        (id, activation_id, credential_id, request_id, node, incarnation, lease_until, state) ${text}`,
      values,
    )
    return items.map(() => undefined)
  },
}

export async function addReservation(unit: Unit, row: ReservationRow): Promise<void> {
  await unit.do(insertReservations, row)
}

interface Settlement {
  readonly id: string
  readonly incarnation: string
  readonly state: ReservationState
  readonly now: number
}

const settleReservations: SetStatement<Settlement, boolean> = {
  async run(sql, items) {
    const { text, values } = sql.dialect.list(
      ['text', 'text', 'text', 'integer'],
      items.map(({ id, incarnation, state, now }) => [id, incarnation, state, now]),
    )
    const rows = await sql.rows<{ readonly id: string }>(
      `update reservation set state = outcome.column3 from (${text}) as outcome
        where id = outcome.column1 and incarnation = outcome.column2 and state = 'open'
          and lease_until >= outcome.column4
        returning id`,
      values,
    )
    const settled = new Set(rows.map(({ id }) => id))
    return items.map(({ id }) => settled.delete(id))
  },
}

/** Writes the outcome. False if it is not open any more, not this process's, or its lease has ended. */
export async function settleReservation(unit: Unit, settlement: Settlement): Promise<boolean> {
  return unit.do(settleReservations, settlement)
}

export async function countOpen(knex: Knex, credentialId: string): Promise<number> {
  const rows: { readonly open: number }[] = await knex('reservation')
    .where({ credential_id: credentialId, state: 'open' })
    .count({ open: '*' })
  return rows[0]?.open ?? 0
}

/** This node's reservations of processes before this one: nobody will ever know their outcome. */
export async function openOfEarlierProcesses(
  knex: Knex,
  node: string,
  incarnation: string,
): Promise<readonly ReservationRow[]> {
  return knex<ReservationRow>('reservation').where({ node, state: 'open' }).whereNot({ incarnation })
}

/** This process's own reservations whose lease is over. */
export async function openWithEndedLease(
  knex: Knex,
  incarnation: string,
  now: number,
): Promise<readonly ReservationRow[]> {
  return knex<ReservationRow>('reservation')
    .where({ incarnation, state: 'open' })
    .where('lease_until', '<', now)
}
