import type { Knex } from 'knex'
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

export async function addReservation(unit: Unit, row: ReservationRow): Promise<void> {
  await unit.trx('reservation').insert(row)
}

/** Writes the outcome. False if it is not open any more, not this process's, or its lease has ended. */
export async function settleReservation(
  unit: Unit,
  settlement: {
    readonly id: string
    readonly incarnation: string
    readonly state: ReservationState
    readonly now: number
  },
): Promise<boolean> {
  const { id, incarnation, state, now } = settlement
  const changed = await unit
    .trx('reservation')
    .where({ id, incarnation, state: 'open' })
    .where('lease_until', '>=', now)
    .update({ state })
  return changed === 1
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
