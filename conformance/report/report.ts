import { OUTCOMES, type Outcome } from '../outcome.ts'
import type { Result } from '../run/runCases.ts'
import type { ApiVersion } from '../section.ts'

/** The cases of one version against one base URI. */
export interface VersionRun {
  readonly version: ApiVersion
  readonly baseUrl: string
  /** What the service says of itself. */
  readonly info: unknown
  readonly results: readonly Result[]
  /** Why it came to an end before its last case; absent when it did not. */
  readonly halted?: string
}

export interface Report {
  readonly began: Date
  readonly ended: Date
  /** Of the command line, one each, such as `--max-wait 120`. */
  readonly options: readonly string[]
  /** It was ended from outside: what was not reached is `not-run`. */
  readonly isInterrupted: boolean
  readonly runs: readonly VersionRun[]
}

/** The text of the standard that the cases of a version follow. */
export const STANDARDS: Readonly<Record<ApiVersion, string>> = {
  v1: 'CSC API 1.0.4.0',
  v2: 'CSC API 2.0.0.2',
}

/** How many cases ended in each way. */
export function tally(results: readonly Pick<Result, 'outcome'>[]): Readonly<Record<Outcome, number>> {
  const counts = { passed: 0, failed: 0, warned: 0, 'not-offered': 0, 'not-run': 0, broken: 0 }
  for (const { outcome } of results) counts[outcome]++
  return counts
}

/** `12 passed, 1 failed`: what there is of each. */
export function tallied(results: readonly Pick<Result, 'outcome'>[]): string {
  const counts = tally(results)
  return OUTCOMES.filter((outcome) => counts[outcome] > 0 || outcome === 'passed')
    .map((outcome) => `${counts[outcome]} ${outcomeWord(outcome)}`)
    .join(', ')
}

/** As it is written for people: `not run`. */
export function outcomeWord(outcome: Outcome): string {
  return outcome.replace('-', ' ')
}

/** The exchanges of these are what a reader has to see. */
export function needsEvidence({ outcome }: Pick<Result, 'outcome'>): boolean {
  return outcome === 'failed' || outcome === 'warned' || outcome === 'broken'
}
