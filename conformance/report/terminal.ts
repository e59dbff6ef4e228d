import type { Case } from '../case.ts'
import { printable } from '../printable.ts'
import type { Result } from '../run/runCases.ts'
import { tallied, type Report } from './report.ts'

/** Where text goes; `isTTY` where a line can be written over. */
export interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface TerminalReport {
  onStart(one: Case, index: number, of: number): void
  onResult(result: Result): void
  end(report: Report): void
}

/**
 * Each case that did not pass, as it comes; the numbers at the end. Progress goes to `progress`: on a terminal one line
 * that is written over, elsewhere a line for each method.
 */
export function terminalReport(out: Output, progress: Output): TerminalReport {
  const isTerminal = progress.isTTY === true
  const line = (text: string): void => {
    if (isTerminal) progress.write(`\r\u001b[2K${text}`)
  }
  const begun = new Set<string>()
  let ofMethod: Result[] = []
  const endMethod = (): void => {
    const [first] = ofMethod
    if (first !== undefined && !isTerminal)
      progress.write(`${first.case.version} ${first.case.method}: ${tallied(ofMethod)}\n`)
    ofMethod = []
  }
  const beginMethod = (one: Case): void => {
    const [first] = ofMethod
    if (first?.case.method !== one.method || first.case.version !== one.version) endMethod()
  }
  return {
    onStart: (one, index, of) => {
      beginMethod(one)
      const meanwhile = begun.size === 0 ? '' : ` (while ${counted(begun.size)})`
      line(`${index + 1}/${of} ${one.id}${meanwhile}`)
      begun.add(one.id)
    },
    onResult: (result) => {
      beginMethod(result.case)
      begun.delete(result.case.id)
      line('')
      ofMethod.push(result)
      out.write(lines(result))
      if (begun.size > 0) line(`${counted(begun.size)} for something to expire`)
    },
    end: ({ runs, isInterrupted }) => {
      endMethod()
      for (const { version, baseUrl, results, halted } of runs) {
        out.write(`${version} at ${baseUrl}: ${results.length} cases: ${tallied(results)}\n`)
        if (halted !== undefined && !isInterrupted)
          out.write(`    It could not go on: ${printable(halted)}\n`)
      }
      if (isInterrupted) out.write('The run was ended before its end.\n')
    },
  }
}

function counted(waiting: number): string {
  return waiting === 1 ? 'one case waits' : `${waiting} cases wait`
}

function lines({ case: one, outcome, reason, notes }: Result): string {
  const verdict =
    outcome === 'passed'
      ? ''
      : `${outcome.toUpperCase()}  ${one.id} [${one.level}, ${one.clause}]\n    ${one.rule}\n    ${printable(reason)}\n`
  return [verdict, ...notes.map((note) => `NOTE  ${one.id}: ${printable(note)}\n`)].join('')
}
