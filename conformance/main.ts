import type { Readable } from 'node:stream'
import { readAccount } from './account/readAccount.ts'
import type { Case } from './case.ts'
import { CASES } from './cases/all.ts'
import { init } from './init/init.ts'
import { NothingToDo, readOptions, type RunRequest } from './options.ts'
import { terminalReport, type Output } from './report/terminal.ts'
import type { Report } from './report/report.ts'
import { requireReportFiles, writeReports } from './report/writeReports.ts'
import { conductRuns } from './run/conductRuns.ts'

/**
 * 0: nothing failed. 1: something failed or broke, or the run could not go on. 2: the command line, the account file or a
 * report's path is wrong, or nothing answers there. 130: ended by hand; the report has what was seen until then.
 */
export type ExitCode = number

const INTERRUPTED = 130

/** What the command works with. */
export interface World {
  readonly cases: readonly Case[]
  /** Answers for `init`. */
  readonly input: Readable
  readonly out: Output
  /** Progress and complaints. */
  readonly progress: Output
}

const REAL: World = { cases: CASES, input: process.stdin, out: process.stdout, progress: process.stderr }

/** The process of the command: `run`, and the end of it, also where an interrupted case still waits for something. */
export async function main(argv: readonly string[], world: World = REAL): Promise<void> {
  process.exitCode = await run(argv, world)
  if (process.exitCode === INTERRUPTED) process.exit()
}

/** The command `chancery-conformance` with the arguments after its name. */
export async function run(argv: readonly string[], world: World = REAL): Promise<ExitCode> {
  try {
    const asked = readOptions(argv, world)
    if (asked.what === 'list') return listCases(world)
    if (asked.what === 'init') return (await init(asked.file, world.input, world.out)) ? 0 : 1
    return await runAndReport(asked.request, world)
  } catch (cause) {
    if (cause instanceof NothingToDo) return cause.exitCode
    world.progress.write(`chancery-conformance: ${cause instanceof Error ? cause.message : String(cause)}\n`)
    return 2
  }
}

async function runAndReport(request: RunRequest, { cases, out, progress }: World): Promise<ExitCode> {
  const account = await readAccount(request.account)
  await requireReportFiles(request)
  const terminal = terminalReport(out, progress)
  const report = await untilInterrupted((signal) =>
    conductRuns(account, request, { ...terminal, signal, cases }),
  )
  await writeReports(report, request)
  terminal.end(report)
  return exitCodeOf(report)
}

function exitCodeOf({ isInterrupted, runs }: Report): ExitCode {
  if (isInterrupted) return INTERRUPTED
  const isBad = runs.some(
    ({ results, halted }) =>
      halted !== undefined || results.some(({ outcome }) => outcome === 'failed' || outcome === 'broken'),
  )
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

function listCases({ cases, out }: World): ExitCode {
  for (const { id, level, clause, rule } of cases) out.write(`${id}  [${level}, ${clause}]  ${rule}\n`)
  return 0
}
