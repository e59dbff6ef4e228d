import { resolve } from 'node:path'
import type { RunRequest } from '../options.ts'
import { htmlReport } from './html.ts'
import { jsonReport } from './json.ts'
import { junitReport } from './junit.ts'
import type { Report } from './report.ts'
import { requireWritable, writeWhole } from './wholeFile.ts'

type Files = Pick<RunRequest, 'report' | 'junit' | 'json'>

const WRITERS = [
  ['report', htmlReport],
  ['junit', junitReport],
  ['json', jsonReport],
] as const

/** Throws Error when a file that was asked for could not be written: better before a run than after it. */
export async function requireReportFiles(files: Files): Promise<void> {
  const taken = new Map<string, string>()
  for (const [name] of WRITERS) {
    const path = files[name]
    if (path === undefined) continue
    const other = taken.get(resolve(path))
    if (other !== undefined) throw new Error(`--${other} and --${name} name the same file, ${path}.`)
    taken.set(resolve(path), name)
    await requireWritable(path)
  }
}

/** Writes those that were asked for. Throws Error. */
export async function writeReports(report: Report, files: Files): Promise<void> {
  for (const [name, written] of WRITERS) {
    const path = files[name]
    if (path !== undefined) await writeWhole(path, written(report))
  }
}
