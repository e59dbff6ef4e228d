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
}

export interface Report {
  readonly began: Date
  readonly ended: Date
  readonly runs: readonly VersionRun[]
}

/** How many cases ended in each way. */
export function tally(results: readonly Result[]): Readonly<Record<Outcome, number>> {
  const counts = { passed: 0, failed: 0, warned: 0, 'not-offered': 0, 'not-run': 0, broken: 0 }
  for (const { outcome } of results) counts[outcome]++
  return counts
}

/** `12 passed, 1 failed`: what there is of each. */
export function tallied(results: readonly Result[]): string {
  const counts = tally(results)
  return OUTCOMES.filter((outcome) => counts[outcome] > 0 || outcome === 'passed')
    .map((outcome) => `${counts[outcome]} ${outcome.replace('-', ' ')}`)
    .join(', ')
}
