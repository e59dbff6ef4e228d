import type { Knex } from 'knex'
import type { Unit } from './writer.ts'

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

/**
 * Stores a new OTP and voids the one before. False, and nothing stored, if `limit` were made since `since`.
 */
export async function addOtp(
  unit: Unit,
  otp: OpenOtp & { readonly createdAt: number },
  budget: { readonly since: number; readonly limit: number },
): Promise<boolean> {
  const made = unit
    .trx('otp')
    .where({ signer_id: otp.signerId })
    .where('created_at', '>', budget.since)
    .count()
  const values = [otp.id, otp.signerId, otp.createdAt, otp.expiresAt, otp.mac, otp.binding ?? null, 'open']
  await unit
    .trx('otp')
    .insert(
      unit.trx.select(unit.trx.raw('?, ?, ?, ?, ?, ?, ?', values)).whereRaw('(?) < ?', [made, budget.limit]),
    )
  // What `insert … select` returns tells nothing: on SQLite it is the last row's number, inserted or not.
  const stored: unknown = await unit.trx('otp').where({ id: otp.id }).first('id')
  if (stored === undefined) return false
  await unit
    .trx('otp')
    .where({ signer_id: otp.signerId, state: 'open' })
    .whereNot({ id: otp.id })
    .update({ state: 'void' })
  return true
}

/** The signer's one open OTP, expired or not. */
export async function openOtpOf(knex: Knex, signerId: string): Promise<OpenOtp | undefined> {
  const row: Row | undefined = await knex<Row>('otp').where({ signer_id: signerId, state: 'open' }).first()
  if (row === undefined) return undefined
  const { id, signer_id, expires_at, mac, binding } = row
  return { id, signerId: signer_id, expiresAt: expires_at, mac, binding: binding ?? undefined }
}

/** Uses an OTP up. False if somebody else did, or it was voided meanwhile. */
export async function spendOtp(unit: Unit, id: string): Promise<boolean> {
  const changed = await unit.trx('otp').where({ id, state: 'open' }).update({ state: 'used' })
  return changed === 1
}

export async function voidOtp(unit: Unit, id: string): Promise<void> {
  await unit.trx('otp').where({ id, state: 'open' }).update({ state: 'void' })
}
