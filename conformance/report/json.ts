import type { Report } from './report.ts'
import { tally } from './report.ts'

/** The whole report, evidence included, for programs. */
export function jsonReport({ began, ended, runs }: Report): string {
  const document = {
    suite: 'chancery-conformance',
    began: began.toISOString(),
    ended: ended.toISOString(),
    runs: runs.map(({ version, baseUrl, info, results }) => ({
      version,
      baseUrl,
      info,
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
