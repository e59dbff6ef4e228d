import type { Knex } from 'knex'
import type { SetStatement } from '../../store/gathering.ts'
import { lockRows } from '../../store/lockRows.ts'
import type { TransactionUnit, Unit } from './writer.ts'

/** An OTP that was made and not used, voided or replaced. The code itself is nowhere: `mac` is over it. */
export interface OpenOtp {
  readonly id: string
  readonly signerId: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly mac: Buffer
  /** The canonical text of the list that it was made for; undefined for a plain one. */
  readonly binding: string | undefined
}

interface Row {
  readonly id: string
  readonly signer_id: string
  readonly created_at: number
  readonly expires_at: number
  readonly mac: Buffer
  readonly binding: string | null
  readonly state: 'open' | 'used' | 'void'
}

/** Two nodes that count the codes of one signer at the same time must not both find room for one more. */
const lockSigners: SetStatement<string, undefined> = {
  async run(sql, signerIds) {
    await lockRows(sql, `record where kind = 'signer' and`, signerIds)
    return signerIds.map(() => undefined)
  },
}

/**
 * Stores a new OTP and voids the one before. If `limit` were made since `since`, nothing is stored, and the return is when the
 * one was made that has to leave this window before the next.
 */
export async function addOtp(
  unit: TransactionUnit,
  otp: OpenOtp & { readonly createdAt: number },
  budget: { readonly since: number; readonly limit: number },
): Promise<number | undefined> {
  await unit.do(lockSigners, otp.signerId)
  const counted = unit
    .trx<Row>('otp')
    .where({ signer_id: otp.signerId })
    .where('created_at', '>', budget.since)
  const made = counted.clone().count()
  const values = [otp.id, otp.signerId, otp.createdAt, otp.expiresAt, otp.mac, otp.binding ?? null, 'open']
  await unit
    .trx('otp')
    .insert(
      unit.trx.select(unit.trx.raw('?, ?, ?, ?, ?, ?, ?', values)).whereRaw('(?) < ?', [made, budget.limit]),
    )
  // What `insert … select` returns tells nothing: on SQLite it is the last row's number, inserted or not.
  const stored: unknown = await unit.trx('otp').where({ id: otp.id }).first('id')
  if (stored === undefined) {
    const oldest = await counted
      .orderBy('created_at', 'desc')
      .offset(budget.limit - 1)
      .first('created_at')
    return oldest?.created_at ?? otp.createdAt
  }
  await unit
    .trx('otp')
    .where({ signer_id: otp.signerId, state: 'open' })
    .whereNot({ id: otp.id })
    .update({ state: 'void' })
  return undefined
}

/** Each signer's one open OTP, expired or not. */
export const openOtpOf: SetStatement<string, OpenOtp | undefined> = {
  async run(sql, signerIds) {
    const { text, values } = sql.dialect.among('text', signerIds)
    const rows = await sql.rows<Row>(`select * from otp where state = 'open' and signer_id ${text}`, values)
    const found = new Map(rows.map((row) => [row.signer_id, openOtp(row)]))
    return signerIds.map((signerId) => found.get(signerId))
  },
}

function openOtp({ id, signer_id, expires_at, mac, binding }: Row): OpenOtp {
  return { id, signerId: signer_id, expiresAt: expires_at, mac, binding: binding ?? undefined }
}

const useUp: SetStatement<string, boolean> = {
  async run(sql, ids) {
    const { text, values } = sql.dialect.among('text', ids)
    const rows = await sql.rows<{ readonly id: string }>(
      `update otp set state = 'used' where state = 'open' and id ${text} returning id`,
      values,
    )
    const used = new Set(rows.map(({ id }) => id))
    // Of two that want the same one, the first has it.
    return ids.map((id) => used.delete(id))
  },
}

/** Uses an OTP up. False if somebody else did, or it was voided meanwhile. */
export async function spendOtp(unit: Unit, id: string): Promise<boolean> {
  return unit.do(useUp, id)
}

export async function voidOtp(unit: TransactionUnit, id: string): Promise<void> {
  await unit.trx('otp').where({ id, state: 'open' }).update({ state: 'void' })
}

/** Ends whatever was made for the signer and not used. */
export async function voidOtpsOf(unit: TransactionUnit, signerId: string): Promise<void> {
  await unit.trx('otp').where({ signer_id: signerId, state: 'open' }).update({ state: 'void' })
}

/** Whether there is one, whatever its state, that ended before. */
export async function hasOtpEndedBefore(knex: Knex, time: number): Promise<boolean> {
  const row: unknown = await knex('otp').where('expires_at', '<=', time).first('id')
  return row !== undefined
}

/** Deletes those, whatever their state, that ended before; `limit` at most. Returns how many. */
export async function deleteOtpsEndedBefore(
  unit: TransactionUnit,
  time: number,
  limit: number,
): Promise<number> {
  const ended = unit
    .trx('otp')
    .where('expires_at', '<=', time)
    .orderBy('expires_at')
    .limit(limit)
    .select('id')
  return unit.trx('otp').whereIn('id', ended).delete()
}
