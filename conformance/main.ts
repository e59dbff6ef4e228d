import { writeFile } from 'node:fs/promises'
import { readAccount } from './account/readAccount.ts'
import { CASES } from './cases/all.ts'
import { NothingToDo, readOptions, type RunRequest } from './options.ts'
import { jsonReport } from './report/json.ts'
import { terminalReport } from './report/terminal.ts'
import type { Report } from './report/report.ts'
import { conductRuns } from './run/conductRuns.ts'

/** 0: nothing failed. 1: something failed or broke. 2: the command line or the account file is wrong, or no service answers. */
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
  const terminal = terminalReport(process.stdout, process.stderr)
  const report = await conductRuns(account, request, terminal)
  await writeReports(report, request)
  terminal.end(report)
  const bad = report.runs
    .flatMap(({ results }) => results)
    .filter(({ outcome }) => outcome === 'failed' || outcome === 'broken')
  return bad.length === 0 ? 0 : 1
}

async function writeReports(report: Report, { json }: RunRequest): Promise<void> {
  if (json !== undefined) await writeFile(json, jsonReport(report))
}

function listCases(): ExitCode {
  for (const { id, level, clause, rule } of CASES)
    process.stdout.write(`${id}  [${level}, ${clause}]  ${rule}\n`)
  return 0
}
