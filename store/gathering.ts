import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Sql } from './sql.ts'

/** One statement that serves any number of items: `run` answers for each of them, in their order. */
export interface SetStatement<I, R> {
  run(sql: Sql, items: readonly I[]): Promise<readonly R[]>
}

interface Group {
  run(sql: Sql): Promise<void>
  fail(error: unknown): void
  failure(): { readonly error: unknown } | undefined
  answer(): void
}

/**
 * Runs together what was asked for at the same time: all items of one set statement go to the database as one
 * statement. What is asked for while statements run waits for the next turn. Per statement, the way to SQLite and back
 * costs far more than its rows.
 */
export class Gathering {
  readonly #sql: Sql
  readonly #endsWithFailure: boolean
  #groups = new Map<unknown, Group & { add(item: unknown): Promise<unknown> }>()
  #isRunning = false
  #failure: { readonly error: unknown } | undefined

  /**
   * In a transaction `endsWithFailure` must be true: SQLite itself rolls back at some errors, and what ran after that
   * would be committed by itself. So after the first statement that fails no other one runs; all are rejected.
   */
  constructor(sql: Sql, options: { readonly endsWithFailure: boolean }) {
    this.#sql = sql
    this.#endsWithFailure = options.endsWithFailure
  }

  /** Resolves with this item's answer; rejects if the statement fails. */
  do<I, R>(statement: SetStatement<I, R>, item: I): Promise<R> {
    let group = this.#groups.get(statement)
    if (group === undefined) {
      group = newGroup(statement)
      this.#groups.set(statement, group)
    }
    const answer = group.add(item) as Promise<R> // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- of this very statement
    if (!this.#isRunning) void this.#run()
    return answer
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    // Callers that go on in this turn of the event loop may ask for more of the same.
    await nextTurn()
    while (this.#groups.size > 0) {
      const groups = [...this.#groups.values()]
      this.#groups = new Map()
      for (const group of groups) {
        if (this.#failure === undefined) await group.run(this.#sql)
        else group.fail(this.#failure.error)
        if (this.#endsWithFailure) this.#failure ??= group.failure()
      }
      for (const group of groups) group.answer()
      await nextTurn()
    }
    this.#isRunning = false
  }
}

function newGroup(
  statement: SetStatement<unknown, unknown>,
): Group & { add(item: unknown): Promise<unknown> } {
  const items: unknown[] = []
  const callers: { resolve(answer: unknown): void; reject(error: unknown): void }[] = []
  let outcome: { readonly answers: readonly unknown[] } | { readonly error: unknown } | undefined
  return {
    add(item) {
      items.push(item)
      return new Promise((resolve, reject) => {
        callers.push({ resolve, reject })
      })
    },
    async run(sql) {
      try {
        const answers = await statement.run(sql, items)
        if (answers.length !== items.length)
          throw new Error('a set statement without an answer for each item')
        outcome = { answers }
      } catch (error) {
        outcome = { error }
      }
    },
    fail(error) {
      outcome = { error }
    },
    failure() {
      return outcome !== undefined && 'error' in outcome ? outcome : undefined
    },
    answer() {
      for (const [index, caller] of callers.entries()) {
        if (outcome !== undefined && 'answers' in outcome) caller.resolve(outcome.answers[index])
        else caller.reject(outcome?.error)
      }
    },
  }
}
