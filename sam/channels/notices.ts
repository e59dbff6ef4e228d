import type { Knex } from 'knex'
import { randomUUID } from 'node:crypto'
import { factorId } from '../factors/factorId.ts'
import type { Channels, Message } from './channels.ts'
import type { Records } from '../state/records.ts'
import type { SetStatement } from '../../store/gathering.ts'
import type { Unit } from '../state/writer.ts'

interface Row {
  readonly id: string
  readonly signer_id: string
  readonly subject: string
  readonly text: string
  readonly next_try_at: number
  readonly tries: number
}

/** Puts a message to a signer into the outbox, in the transaction of what it tells. Never holds a code. */
export async function addNotice(
  unit: Unit,
  notice: { readonly signerId: string; readonly message: Omit<Message, 'to' | 'code'>; readonly now: number },
): Promise<void> {
  await unit.do(insertNotices, {
    id: randomUUID(),
    signer_id: notice.signerId,
    subject: notice.message.subject,
    text: notice.message.text,
    next_try_at: notice.now,
    tries: 0,
  })
}

const insertNotices: SetStatement<Row, undefined> = {
  async run(knex, rows) {
    await knex('notice').insert([...rows])
    return rows.map(() => undefined)
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
  for (const row of due) {
    const isDone = await deliver(deps, row)
    if (isDone || row.tries + 1 >= MAX_TRIES) {
      await deps.knex('notice').where({ id: row.id }).delete()
      continue
    }
    const delay = 60_000 * 2 ** row.tries
    await deps
      .knex('notice')
      .where({ id: row.id })
      .update({ tries: row.tries + 1, next_try_at: deps.now() + delay })
  }
}

/** True if it was delivered, or has nowhere to go. */
async function deliver(deps: Deps, row: Row): Promise<boolean> {
  const factor = await deps.records.read('factor', factorId('otp', row.signer_id))
  const { channel, destination } = factor?.value ?? {}
  const way = channel === undefined ? undefined : deps.channels[channel]
  if (way === undefined || destination === undefined) return true
  try {
    await way.deliver({ to: destination, subject: row.subject, text: row.text })
    return true
  } catch {
    return false
  }
}
