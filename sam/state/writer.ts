import type { Knex } from 'knex'
import type { Clock } from '../clock.ts'
import type { JournalEvent } from '../journal/events.ts'
import { EMPTY_HEAD, journalRow, type JournalHead, type JournalRow } from '../journal/journalRow.ts'
import { follow } from '../journal/verifyJournal.ts'

/** One transaction's view: its statements, and the events that are durable exactly if they are. */
export interface Unit {
  readonly trx: Knex.Transaction
  /** Puts an event into the journal, in this transaction. */
  record(event: JournalEvent): void
  /** Names a record version that this job wrote: it goes into the job's last event, so that a rollback shows. */
  wrote(recordVersion: string): void
}

/** What a job throws to leave nothing behind and be run again by its caller, from its reads on. */
export class Conflict extends Error {
  override readonly name = 'Conflict'
}

interface Job {
  /** Set for the one job that begins another chain: it runs alone. */
  readonly newChain?: string
  run(unit: Unit): Promise<void>
  done(): void
  failed(error: unknown): void
}

const MAX_JOBS = 64

/**
 * The one writer of this node's state. Jobs that wait while a transaction commits are taken together into the next
 * one (group commit): each runs its own conditional writes, their events go into the journal, and all are answered
 * after the one commit. A lone job does not wait. A job that throws undoes the transaction, and the jobs of that
 * round run again one by one: so a job must change nothing but the database.
 */
export class Writer {
  readonly #knex: Knex
  readonly #clock: Clock
  /** The chain's name: the node's own, or with a number once an officer had to begin a new one. */
  #chain: string
  #head: JournalHead
  #waiting: Job[] = []
  #isRunning = false
  #isHealthy = true
  /** Set by a transaction that failed: it may have been stored all the same. */
  #mayBeBehind = false

  constructor(deps: { knex: Knex; clock: Clock; chain: string; head: JournalHead }) {
    this.#knex = deps.knex
    this.#clock = deps.clock
    this.#chain = deps.chain
    this.#head = deps.head
  }

  /** The last durable journal entry. */
  get head(): JournalHead {
    return this.#head
  }

  /** Runs `job` alone, its events the first of another chain; if it fails, the old chain goes on. For `acceptState`. */
  writeInNewChain<T>(chain: string, job: (unit: Unit) => Promise<T>): Promise<T> {
    return this.#enqueue(job, chain)
  }

  get chain(): string {
    return this.#chain
  }

  /** Whether the last transaction could be committed: if not, nothing may be signed. */
  get isHealthy(): boolean {
    return this.#isHealthy
  }

  /** Runs `job` in a transaction. Durable when the promise resolves; nothing of it is left when it rejects. */
  write<T>(job: (unit: Unit) => Promise<T>): Promise<T> {
    return this.#enqueue(job)
  }

  #enqueue<T>(job: (unit: Unit) => Promise<T>, newChain?: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: { value: T } | undefined
      this.#waiting.push({
        ...(newChain === undefined ? {} : { newChain }),
        async run(unit) {
          result = { value: await job(unit) }
        },
        done() {
          if (result !== undefined) resolve(result.value)
        },
        failed: reject,
      })
      if (!this.#isRunning) void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    this.#isRunning = true
    while (this.#waiting.length > 0) {
      const round = this.#nextRound()
      if (round.length === 1 || !(await this.#commit(round)))
        for (const job of round) await this.#commitAlone(job)
    }
    this.#isRunning = false
  }

  #nextRound(): readonly Job[] {
    const alone = this.#waiting.findIndex((job) => job.newChain !== undefined)
    return this.#waiting.splice(0, alone < 0 ? MAX_JOBS : Math.max(1, Math.min(alone, MAX_JOBS)))
  }

  /** True if the whole round is committed and answered. */
  async #commit(round: readonly Job[]): Promise<boolean> {
    try {
      await this.#transaction(round)
    } catch {
      return false
    }
    for (const job of round) job.done()
    return true
  }

  async #commitAlone(job: Job): Promise<void> {
    try {
      await this.#transaction([job])
    } catch (error) {
      job.failed(error)
      return
    }
    job.done()
  }

  /** A commit that failed may have been stored all the same: the chain goes on from what the database has. */
  async #catchUp(): Promise<void> {
    const rows: JournalRow[] = await this.#knex<JournalRow>('journal')
      .where({ node: this.#chain })
      .where('sequence', '>', this.#head.sequence)
      .orderBy('sequence')
    for (const row of rows) this.#head = follow(this.#head, row)
    this.#mayBeBehind = false
  }

  async #transaction(round: readonly Job[]): Promise<void> {
    if (this.#mayBeBehind) await this.#catchUp()
    const chain = round[0]?.newChain ?? this.#chain
    let head = chain === this.#chain ? this.#head : EMPTY_HEAD
    try {
      await this.#knex.transaction(async (trx) => {
        const rows: JournalRow[] = []
        for (const job of round) {
          for (const event of await eventsOf(job, trx)) {
            const next = journalRow(chain, head, this.#clock.now(), event)
            rows.push(next.row)
            head = next.head
          }
        }
        // SQLite takes at most 32766 values in one statement; a round stays far below.
        if (rows.length > 0) await trx('journal').insert(rows)
      })
    } catch (error) {
      this.#mayBeBehind = true
      if (isStorageFault(error)) this.#isHealthy = false
      throw error
    }
    this.#chain = chain
    this.#head = head
    this.#isHealthy = true
  }
}

/** Runs one job. Its last event names the record versions that it wrote. */
async function eventsOf(job: Job, trx: Knex.Transaction): Promise<readonly JournalEvent[]> {
  const events: JournalEvent[] = []
  const records: string[] = []
  await job.run({
    trx,
    record: (event) => {
      events.push(event)
    },
    wrote: (recordVersion) => {
      records.push(recordVersion)
    },
  })
  if (records.length === 0) return events
  const last = events.pop()
  if (last === undefined) throw new Error('a record was written without an event')
  return [...events, { ...last, fields: { ...last.fields, records } }]
}

/** Whether the database itself failed (disk full, read only, broken), as opposed to a job that refused. */
export function isStorageFault(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && code.startsWith('SQLITE_') && code !== 'SQLITE_CONSTRAINT'
}
