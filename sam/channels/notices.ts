import type { Knex } from 'knex'
import { randomUUID } from 'node:crypto'
import { factorId } from '../factors/factorId.ts'
import type { ChannelName } from '../../sap/operations.ts'
import { noticeWays, wayOf } from '../factors/way.ts'
import type { Channels, Message } from './channels.ts'
import type { Records } from '../state/records.ts'
import type { SqlType } from '../../store/dialect.ts'
import type { SetStatement } from '../../store/gathering.ts'
import type { Unit } from '../state/writer.ts'

interface Row {
  readonly id: string
  readonly signer_id: string
  readonly subject: string
  readonly text: string
  readonly next_try_at: number
  readonly tries: number
  /** Null: where the signer's OTPs go when it is delivered; while another destination waits, both. */
  readonly channel: ChannelName | null
  readonly destination: string | null
}

export interface Notice {
  readonly signerId: string
  readonly message: Omit<Message, 'to' | 'code'>
  readonly now: number
  /** For what a change of the destination itself must not lead astray: where OTPs went when it was made. */
  readonly to?: { readonly name: ChannelName; readonly destination: string }
}

/** Puts a message to a signer into the outbox, in the transaction of what it tells. Never holds a code. */
export async function addNotice(unit: Unit, notice: Notice): Promise<void> {
  await unit.do(insertNotices, {
    id: randomUUID(),
    signer_id: notice.signerId,
    subject: notice.message.subject,
    text: notice.message.text,
    next_try_at: notice.now,
    tries: 0,
    channel: notice.to?.name ?? null,
    destination: notice.to?.destination ?? null,
  })
}

/** Of the columns, in the order of `insertNotices`. */
const TYPES: readonly SqlType[] = ['text', 'text', 'text', 'text', 'integer', 'integer', 'text', 'text']

const insertNotices: SetStatement<Row, undefined> = {
  async run(sql, items) {
    const { text, values } = sql.dialect.list(
      TYPES,
      items.map((row) => [
        row.id,
        row.signer_id,
        row.subject,
        row.text,
        row.next_try_at,
        row.tries,
        row.channel,
        row.destination,
      ]),
    )
    await sql.rows(
      `insert into notice (id, signer_id, subject, text, next_try_at, tries, channel, destination) ${text}`,
      values,
    )
    return items.map(() => undefined)
  },
}

const MAX_TRIES = 10
const BATCH = 20

interface Deps {
  readonly knex: Knex
  readonly records: Records
  readonly channels: Channels
  now(): number
}

/** Delivers what is due; what cannot be delivered is tried again later, ten times in about a day. */
export async function deliverNotices(deps: Deps): Promise<void> {
  const due: Row[] = await deps
    .knex<Row>('notice')
    .where('next_try_at', '<=', deps.now())
    .orderBy('next_try_at')
    .limit(BATCH)
  for (const row of due) for (const each of await addressed(deps, row)) await deliverOne(deps, each)
}

async function deliverOne(deps: Deps, row: Row): Promise<void> {
  const isDone = await deliver(deps, row)
  if (isDone || row.tries + 1 >= MAX_TRIES) {
    await deps.knex('notice').where({ id: row.id }).delete()
    return
  }
  const delay = 60_000 * 2 ** row.tries
  await deps
    .knex('notice')
    .where({ id: row.id })
    .update({ tries: row.tries + 1, next_try_at: deps.now() + delay })
}

/** Where a second destination waits, the notice becomes two, each with tries of its own. */
async function addressed(deps: Deps, row: Row): Promise<readonly Row[]> {
  if (row.destination !== null) return [row]
  const otp = await deps.records.read('factor', factorId('otp', row.signer_id))
  const ways = noticeWays(deps.channels, otp?.value, deps.now())
  if (ways.length === 0) {
    await deps.knex('notice').where({ id: row.id }).delete()
    return []
  }
  const rows = ways.map(({ name, destination }, index) => ({
    ...row,
    id: index === 0 ? row.id : randomUUID(),
    channel: name,
    destination,
  }))
  if (rows.length === 1) return rows
  await deps.knex.transaction(async (trx) => {
    await trx('notice').where({ id: row.id }).delete()
    await trx('notice').insert(rows)
  })
  return rows
}

/** True if it was delivered, or its channel is not configured any more. */
async function deliver(deps: Deps, { channel, destination, subject, text }: Row): Promise<boolean> {
  const way = wayOf(deps.channels, { channel: channel ?? undefined, destination: destination ?? undefined })
  if (way === undefined) return true
  try {
    await way.channel.deliver({ to: way.destination, subject, text })
    return true
  } catch {
    return false
  }
}
