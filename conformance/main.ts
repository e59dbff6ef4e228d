import { readAccount } from './account/readAccount.ts'
import { CASES } from './cases/all.ts'
import { NothingToDo, readOptions, type RunRequest } from './options.ts'
import { terminalReport } from './report/terminal.ts'
import type { Report } from './report/report.ts'
import { requireReportFiles, writeReports } from './report/writeReports.ts'
import { conductRuns } from './run/conductRuns.ts'

/**
 * 0: nothing failed. 1: something failed or broke. 2: the command line, the account file or a report's path is wrong, or
 * no service answers. 130: ended by hand; the report has what was seen until then.
 */
export type ExitCode = number

/** The command `chancery-conformance` with the arguments after its name. */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  try {
    const asked = readOptions(argv)
    if (asked.what === 'list') return listCases()
    if (asked.what === 'init') throw new Error('init is not there yet')
    return await runAndReport(asked.request)
  } catch (cause) {
    if (cause instanceof NothingToDo) return cause.exitCode
    process.stderr.write(`chancery-conformance: ${cause instanceof Error ? cause.message : String(cause)}\n`)
    return 2
  }
}

async function runAndReport(request: RunRequest): Promise<ExitCode> {
  const account = await readAccount(request.account)
  await requireReportFiles(request)
  const terminal = terminalReport(process.stdout, process.stderr)
  const report = await untilInterrupted((signal) => conductRuns(account, request, { ...terminal, signal }))
  await writeReports(report, request)
  terminal.end(report)
  return exitCodeOf(report)
}

/** 0, 1 or 130, by what a report says. */
export function exitCodeOf({ isInterrupted, runs }: Report): ExitCode {
  if (isInterrupted) return 130
  const isBad = runs
    .flatMap(({ results }) => results)
    .some(({ outcome }) => outcome === 'failed' || outcome === 'broken')
  return isBad ? 1 : 0
}

/** Ctrl-C ends the run and leaves a report; a second one ends the process. */
async function untilInterrupted<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController()
  const end = (): void => {
    ending.abort()
  }
  process.once('SIGINT', end)
  try {
    return await act(ending.signal)
  } finally {
    process.off('SIGINT', end)
  }
}

function listCases(): ExitCode {
  for (const { id, level, clause, rule } of CASES)
    process.stdout.write(`${id}  [${level}, ${clause}]  ${rule}\n`)
  return 0
}
