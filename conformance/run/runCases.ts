import type { Case } from '../case.ts'
import { NotOffered, NotRun, Refuted, type Outcome } from '../outcome.ts'
import { createTrial, type Exchange, type Run, type Trial } from '../trial.ts'
import { offers } from './offers.ts'

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
  /** When it is aborted, the case that runs and those that follow end as `not-run`. */
  readonly signal?: AbortSignal
  /** Called before each case and after it. */
  readonly onStart?: (one: Case, index: number, of: number) => void
  readonly onResult?: (result: Result) => void
}

/** Runs the cases one after another: they share a user, whose codes and attempts belong to one act at a time. */
export async function runCases(
  run: Run,
  cases: readonly Case[],
  options: RunOptions,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const ending = ended(options.signal)
  for (const [index, one] of cases.entries()) {
    if (options.signal?.aborted === true) {
      results.push(notReached(one))
      continue
    }
    options.onStart?.(one, index, cases.length)
    const result = await runCase(run, one, options.destructive, ending)
    options.onResult?.(result)
    results.push(result)
  }
  return results
}

const ENDED: Verdict = { outcome: 'not-run', reason: 'the run was ended before' }

/** The result of a case that the run did not come to. */
export function notReached(one: Case): Result {
  return { case: one, ...ENDED, notes: [], exchanges: [], milliseconds: 0 }
}

function ended(signal: AbortSignal | undefined): Promise<Verdict> {
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => {
      resolve(ENDED)
    })
  })
}

async function runCase(run: Run, one: Case, destructive: boolean, ending: Promise<Verdict>): Promise<Result> {
  const trial = createTrial(run)
  const began = performance.now()
  const { outcome, reason } = await Promise.race([judged(trial, one, destructive), ending])
  return {
    case: one,
    outcome,
    reason: run.secrets.mask(reason),
    notes: [...trial.notes],
    exchanges: [...trial.exchanges],
    milliseconds: performance.now() - began,
  }
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
