import type { Case } from '../case.ts'
import type { Result } from '../run/runCases.ts'
import { tallied, type Report } from './report.ts'

/** Where text goes; `isTTY` where a line can be written over. */
interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface TerminalReport {
  onStart(one: Case, index: number, of: number): void
  onResult(result: Result): void
  end(report: Report): void
}

/** Each case that did not pass, as it comes; the numbers at the end. Progress goes to `progress`, on one line that is written over. */
export function terminalReport(out: Output, progress: Output): TerminalReport {
  const line = (text: string): void => {
    if (progress.isTTY === true) progress.write(`\r\u001b[2K${text}`)
  }
  return {
    onStart: (one, index, of) => {
      line(`${index + 1}/${of} ${one.id}`)
    },
    onResult: ({ case: one, outcome, reason, notes }) => {
      line('')
      if (outcome !== 'passed')
        out.write(
          `${outcome.toUpperCase()}  ${one.id} [${one.level}, ${one.clause}]\n    ${one.rule}\n    ${reason}\n`,
        )
      for (const note of notes) out.write(`NOTE  ${one.id}: ${note}\n`)
    },
    end: ({ runs }) => {
      for (const { version, baseUrl, results } of runs)
        out.write(`${version} at ${baseUrl}: ${results.length} cases: ${tallied(results)}\n`)
    },
  }
}
