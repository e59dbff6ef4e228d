import type { Knex } from 'knex'
import type { Clock } from '../clock.ts'
import type { JournalEvent } from '../journal/events.ts'
import { EMPTY_HEAD, journalRow, type JournalHead, type JournalRow } from '../journal/journalRow.ts'
import { follow } from '../journal/verifyJournal.ts'
import { Gathering, type SetStatement } from '../../store/gathering.ts'
import { inTransaction, sqlOf, type Sql } from '../../store/sql.ts'
import { isOvertaken, isStorageFault } from '../../store/faults.ts'
import { addJournalRows } from './journalRows.ts'

/** One job's view of its transaction: its statements, and the events that are durable exactly if they are. */
export interface Unit {
  /** Runs a set statement in this transaction, together with the same one of the round's other jobs. */
  do<I, R>(statement: SetStatement<I, R>, item: I): Promise<R>
  /** Puts an event into the journal, in this transaction. */
  record(event: JournalEvent): void
  /** Names a record version that this job wrote: it goes into the job's last event, so that a rollback shows. */
  wrote(recordVersion: string): void
  /** Runs once the transaction is durable, before anybody is answered; not if it fails. */
  onDurable(work: () => void): void
}

/** The view of a job that runs by itself within its round. */
export interface TransactionUnit extends Unit {
  readonly trx: Knex.Transaction
}

/** What a job throws to leave nothing behind and be run again by its caller, from its reads on. */
export class Conflict extends Error {
  override readonly name = 'Conflict'
}

/** `together`: runs at the same time as others of the round, and uses set statements only. */
type JobWork =
  | { readonly kind: 'together'; run(unit: Unit): Promise<void> }
  | { readonly kind: 'transaction'; run(unit: TransactionUnit): Promise<void> }

interface Job {
  /** Set for the one job that begins another chain: it runs alone. */
  readonly newChain: string | undefined
  readonly work: JobWork
  done(): void
  failed(error: unknown): void
}

const MAX_JOBS = 64
/** Of a job by itself, while transactions of other nodes are in its way. */
const MAX_TRIES = 10

/**
 * The one writer of this node's state. Jobs that wait while a transaction commits are taken together into the next
 * one (group commit): each runs its own conditional writes, their events go into the journal, and all are answered
 * after the one commit. A lone job does not wait. First run, one after another, the jobs that use the transaction
 * itself; then, at the same time, those that use set statements only. A job that throws undoes the transaction, and
 * the jobs of that round run again one by one, each again and again while another node is in its way: so a job must
 * change nothing but the database.
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
  writeInNewChain<T>(chain: string, job: (unit: TransactionUnit) => Promise<T>): Promise<T> {
    return this.#enqueue(
      (keep) => ({
        kind: 'transaction',
        run: async (unit) => {
          keep(await job(unit))
        },
      }),
      chain,
    )
  }

  get chain(): string {
    return this.#chain
  }

  /** Whether the last transaction could be committed: if not, nothing may be signed. */
  get isHealthy(): boolean {
    return this.#isHealthy
  }

  /** Runs `job` in a transaction. Durable when the promise resolves; nothing of it is left when it rejects. */
  write<T>(job: (unit: TransactionUnit) => Promise<T>): Promise<T> {
    return this.#enqueue((keep) => ({
      kind: 'transaction',
      run: async (unit) => {
        keep(await job(unit))
      },
    }))
  }

  /** The same for a job of set statements: what the round's jobs ask for at the same time is one statement. */
  writeTogether<T>(job: (unit: Unit) => Promise<T>): Promise<T> {
    return this.#enqueue((keep) => ({
      kind: 'together',
      run: async (unit) => {
        keep(await job(unit))
      },
    }))
  }

  #enqueue<T>(workOf: (keep: (result: T) => void) => JobWork, newChain?: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: { value: T } | undefined
      this.#waiting.push({
        newChain,
        work: workOf((value) => {
          result = { value }
        }),
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
    for (let tries = 1; ; tries++)
      try {
        await this.#transaction([job])
        job.done()
        return
      } catch (error) {
        if (!isOvertaken(error, ['journal'])) {
          job.failed(error)
          return
        }
        if (tries >= MAX_TRIES) {
          job.failed(new Conflict('other transactions were in the way every time', { cause: error }))
          return
        }
      }
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
    let done: readonly JobDone[] = []
    try {
      await inRound(this.#knex, round, async (sql, trx) => {
        done = await runJobs(round, sql, trx)
        const rows: JournalRow[] = []
        for (const event of done.flatMap(({ events }) => events)) {
          const next = journalRow(chain, head, this.#clock.now(), event)
          rows.push(next.row)
          head = next.head
        }
        await addJournalRows(sql, rows)
      })
    } catch (error) {
      this.#mayBeBehind = true
      if (isStorageFault(error)) this.#isHealthy = false
      throw error
    }
    this.#chain = chain
    this.#head = head
    this.#isHealthy = true
    for (const work of done.flatMap(({ onDurable }) => onDurable)) work()
  }
}

interface JobDone {
  readonly events: readonly JournalEvent[]
  readonly onDurable: readonly (() => void)[]
}

/** A transaction for a round: knex's own, which costs far more, only if a job asks for it. */
function inRound(
  knex: Knex,
  round: readonly Job[],
  work: (sql: Sql, trx: Knex.Transaction | undefined) => Promise<void>,
): Promise<void> {
  if (round.every((job) => job.work.kind === 'together'))
    return inTransaction(knex, (sql) => work(sql, undefined))
  return knex.transaction((trx) => work(sqlOf(trx), trx))
}

/** Every job of a round, in one transaction. When it throws, none runs any more. */
async function runJobs(
  round: readonly Job[],
  sql: Sql,
  trx: Knex.Transaction | undefined,
): Promise<readonly JobDone[]> {
  const gathering = new Gathering(sql, { endsWithFailure: true })
  const done: JobDone[] = []
  const together: ((unit: Unit) => Promise<void>)[] = []
  for (const { work } of round) {
    if (work.kind === 'together') together.push((unit) => work.run(unit))
    else if (trx === undefined) throw new Error('a round without the transaction that a job asks for')
    else done.push(await runJob(gathering, (unit) => work.run({ ...unit, trx })))
  }
  const outcomes = await Promise.allSettled(together.map((run) => runJob(gathering, run)))
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') throw outcome.reason
    done.push(outcome.value)
  }
  return done
}

/** Runs one job. Its last event names the record versions that it wrote. */
async function runJob(gathering: Gathering, run: (unit: Unit) => Promise<void>): Promise<JobDone> {
  const events: JournalEvent[] = []
  const records: string[] = []
  const onDurable: (() => void)[] = []
  await run({
    do: (statement, item) => gathering.do(statement, item),
    record: (event) => {
      events.push(event)
    },
    wrote: (recordVersion) => {
      records.push(recordVersion)
    },
    onDurable: (work) => {
      onDurable.push(work)
    },
  })
  if (records.length === 0) return { events, onDurable }
  const last = events.pop()
  if (last === undefined) throw new Error('a record was written without an event')
  return { events: [...events, { ...last, fields: { ...last.fields, records } }], onDurable }
}
