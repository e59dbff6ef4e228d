import { SUITE_VERSION } from '../version.ts'
import { tally, type Report } from './report.ts'

/** The whole report, evidence included, for programs. */
export function jsonReport({ began, ended, options, isInterrupted, runs }: Report): string {
  const document = {
    suite: 'chancery-conformance',
    suiteVersion: SUITE_VERSION,
    options,
    interrupted: isInterrupted,
    began: began.toISOString(),
    ended: ended.toISOString(),
    runs: runs.map(({ version, baseUrl, info, results, halted }) => ({
      version,
      baseUrl,
      info,
      halted,
      tally: tally(results),
      results: results.map(({ case: one, milliseconds, ...rest }) => ({
        id: one.id,
        method: one.method,
        clause: one.clause,
        level: one.level,
        rule: one.rule,
        row: one.row,
        attacks: one.attacks,
        milliseconds: Math.round(milliseconds),
        ...rest,
      })),
    })),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}
