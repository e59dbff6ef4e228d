import type { Knex } from 'knex'
import { canonicalJson, chainHash, EMPTY_CHAIN, leafHash } from '../../../sap/canonical.ts'
import { sqlOf } from '../../../store/sql.ts'
import { valuesList } from '../../../store/valuesList.ts'
import { Refusal } from '../../domain/errors.ts'
import type { Clock } from '../../domain/time.ts'
import type { Audit, AuditEvent, JournalEntry } from '../../ports/audit.ts'
import { bytesOf, numberOf, rowsOf, textOf, type Row } from './row.ts'

interface Head {
  readonly sequence: number
  readonly chain: Buffer
}

interface Waiting {
  readonly event: AuditEvent
  readonly time: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Events in one transaction, at most. */
const MAX_BATCH = 200

/**
 * The journal of this node: its own chain, from its first record on. Events that come while a transaction runs share
 * the next one, so that one flush to disk serves many requests. Throws if the last record's chain does not hold.
 */
export async function openJournal(database: Knex, node: string, clock: Clock): Promise<Audit> {
  let head = await readHead(database, node)
  let waiting: Waiting[] = []
  let isRunning = false
  let isWritable = true

  async function run(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH)
      waiting = waiting.slice(MAX_BATCH)
      try {
        head = await append(database, node, head, batch)
        isWritable = true
        for (const { resolve } of batch) resolve()
      } catch (error) {
        isWritable = false
        const refusal = new Refusal('unavailable', { cause: error, detail: 'the journal cannot be written' })
        for (const { reject } of batch) reject(refusal)
        // The write may have happened all the same: what the database says counts.
        head = await readHead(database, node).catch(() => head)
      }
    }
    isRunning = false
  }

  return {
    record(event) {
      return new Promise((resolve, reject) => {
        waiting.push({ event, time: clock.now(), resolve, reject })
        if (!isRunning) void run()
      })
    },
    async ofRequest(requestId) {
      const found: unknown = await database('journal')
        .where({ request_id: requestId })
        .orderBy(['node', 'sequence'])
        .limit(1000)
      return rowsOf(found).map(entryOf)
    },
    isWritable: () => isWritable,
  }
}

async function append(database: Knex, node: string, head: Head, batch: readonly Waiting[]): Promise<Head> {
  let { sequence, chain } = head
  const rows = batch.map(({ event, time }) => {
    sequence += 1
    const text = canonicalJson({ ...event, node, sequence, time })
    const leaf = leafHash(Buffer.from(text))
    chain = chainHash(chain, leaf)
    const { type, requestId } = event
    return [node, sequence, time, type, requestId, text, leaf, chain]
  })
  // One statement, so all or nothing without a transaction; SQLite takes 32766 values, a batch has a tenth of it.
  const { text, values } = valuesList(rows)
  await sqlOf(database).rows(
    `insert into journal (node, sequence, time, type, request_id, event, leaf, chain) ${text}`,
    values,
  )
  return { sequence, chain }
}

async function readHead(database: Knex, node: string): Promise<Head> {
  const newest: unknown = await database('journal').where({ node }).orderBy('sequence', 'desc').limit(2)
  const [last, before] = rowsOf(newest)
  if (last === undefined) return { sequence: 0, chain: EMPTY_CHAIN }
  const previous = before === undefined ? EMPTY_CHAIN : bytesOf(before, 'chain')
  if (!isLinked(last, previous)) throw new Error('the last record of the journal does not fit its chain')
  return { sequence: numberOf(last, 'sequence'), chain: bytesOf(last, 'chain') }
}

function isLinked(row: Row, previous: Buffer): boolean {
  const leaf = leafHash(Buffer.from(textOf(row, 'event')))
  return leaf.equals(bytesOf(row, 'leaf')) && chainHash(previous, leaf).equals(bytesOf(row, 'chain'))
}

/** Reads a node's journal from the start. Returns the sequence of the first record that does not fit, or undefined. */
export async function firstBrokenRecord(database: Knex, node: string): Promise<number | undefined> {
  let head: Head = { sequence: 0, chain: EMPTY_CHAIN }
  for (;;) {
    const page: unknown = await database('journal')
      .where({ node })
      .where('sequence', '>', head.sequence)
      .orderBy('sequence')
      .limit(1000)
    const rows = rowsOf(page)
    for (const row of rows) {
      const sequence = head.sequence + 1
      if (numberOf(row, 'sequence') !== sequence || !isLinked(row, head.chain)) return sequence
      head = { sequence, chain: bytesOf(row, 'chain') }
    }
    if (rows.length === 0) return undefined
  }
}

function entryOf(row: Row): JournalEntry {
  return {
    time: numberOf(row, 'time'),
    node: textOf(row, 'node'),
    sequence: numberOf(row, 'sequence'),
    type: textOf(row, 'type'),
    event: textOf(row, 'event'),
  }
}
