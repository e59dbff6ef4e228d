import { setTimeout as sleep } from 'node:timers/promises'
import { waitsTogether, type Case } from '../case.ts'
import { NotOffered, NotRun, Refuted, type Outcome } from '../outcome.ts'
import { createTrial, type Exchange, type Run, type Trial } from '../trial.ts'
import { createEnding, type Ending } from './ending.ts'
import { isThere } from './isThere.ts'
import { offers } from './offers.ts'
import { createOrdered } from './ordered.ts'
import { createTurns, type Turns } from './turns.ts'

/** What became of one case, with what an auditor needs to judge it. Secrets are masked. */
export interface Result {
  readonly case: Case
  readonly outcome: Outcome
  /** Why, for everything but `passed`. */
  readonly reason: string
  readonly notes: readonly string[]
  readonly exchanges: readonly Exchange[]
  readonly milliseconds: number
}

export interface RunOptions {
  /** Cases that change what cannot be changed back are run, too. */
  readonly destructive: boolean
  /** When it is aborted, the cases that run and those that follow end as `not-run`. */
  readonly signal?: AbortSignal
  /** Called before each case, and with each result, both in the order of the cases. */
  readonly onStart?: (one: Case, index: number, of: number) => void
  readonly onResult?: (result: Result) => void
}

/** Of all the cases, in their order. */
export interface CasesRun {
  readonly results: readonly Result[]
  /** Why the run ended before its last case; undefined when it did not. */
  readonly halted: string | undefined
}

/**
 * Runs the cases so that one acts at a time: they share a user, whose codes and attempts belong to one act. Those that
 * wait for something wait together, and what follows acts meanwhile. When the service stops answering, what it has not
 * come to is not run.
 */
export async function runCases(run: Run, cases: readonly Case[], options: RunOptions): Promise<CasesRun> {
  const ending = createEnding(options.signal)
  const turns = createTurns()
  const results = createOrdered(options.onResult)
  const running: Promise<void>[] = []
  for (const [index, one] of cases.entries()) {
    await Promise.race([turns.take(), ending.comes])
    if (ending.reason() !== undefined) break
    options.onStart?.(one, index, cases.length)
    const result = runCase({ run, ...options, ending, turns }, one)
    const put = (done: Result): void => {
      results.put(index, done)
    }
    running.push(result.then(put).finally(turns.give))
  }
  await Promise.all(running)
  const halted = ending.reason()
  const rest = cases.slice(running.length).map((one) => notReached(one, halted ?? ''))
  return { results: [...results.all(), ...rest], halted }
}

/** The result of a case that the run did not come to. */
export function notReached(one: Case, reason: string): Result {
  return { case: one, outcome: 'not-run', reason, notes: [], exchanges: [], milliseconds: 0 }
}

interface Running {
  readonly run: Run
  readonly destructive: boolean
  readonly ending: Ending
  readonly turns: Turns
}

async function runCase({ run, destructive, ending, turns }: Running, one: Case): Promise<Result> {
  const trial = waitsTogether(one) ? waitingTrial(run, turns, ending.signal) : createTrial(run)
  const began = performance.now()
  const end = ending.comes.then((reason): Verdict => ({ outcome: 'not-run', reason }))
  const { outcome, reason } = await Promise.race([judged(trial, one, destructive), end])
  if (trial.hasMissed() && ending.reason() === undefined && !(await isThere(run.service)))
    ending.end(`the service stopped answering at ${one.id}`)
  return {
    case: one,
    outcome,
    reason: run.secrets.mask(reason),
    notes: [...trial.notes],
    exchanges: [...trial.exchanges],
    milliseconds: performance.now() - began,
  }
}

/** What others learn while it waits is not for it: its token must stay the one under which it began. */
function waitingTrial(run: Run, turns: Turns, signal: AbortSignal): Trial {
  return createTrial({ ...run, learned: new Map(run.learned) }, async (milliseconds) => {
    turns.give()
    await sleep(milliseconds, undefined, { signal })
    await turns.take()
  })
}

type Verdict = Pick<Result, 'outcome' | 'reason'>

async function judged(trial: Trial, one: Case, destructive: boolean): Promise<Verdict> {
  if (one.destructive !== undefined && !destructive)
    return { outcome: 'not-run', reason: `needs --destructive: ${one.destructive}` }
  try {
    if (!(await offers(trial, one.method)))
      return { outcome: 'not-offered', reason: `\`info\` does not name ${one.method}` }
    await one.run(trial)
  } catch (cause) {
    return verdictOf(one, cause)
  }
  return trial.warnings.length === 0
    ? { outcome: 'passed', reason: '' }
    : { outcome: 'warned', reason: trial.warnings.join('; ') }
}

function verdictOf({ level }: Case, cause: unknown): Verdict {
  if (cause instanceof Refuted)
    return { outcome: level === 'SHALL' ? 'failed' : 'warned', reason: cause.message }
  if (cause instanceof NotOffered) return { outcome: 'not-offered', reason: cause.message }
  if (cause instanceof NotRun) return { outcome: 'not-run', reason: `needs ${cause.message}` }
  return {
    outcome: 'broken',
    reason: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
  }
}
