import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { projectRoot } from '../../scripts/projectRoot.ts'

export interface MeasuredRun {
  readonly output: string
  /** The most memory that the process ever held at once (VmHWM). */
  readonly peakBytes: number
}

/** Runs an ES module's text in a process of its own and measures it. Throws Error if it fails. */
export async function measuredRun(program: string): Promise<MeasuredRun> {
  const measured = `${program}
    import { readFileSync as readStatus } from 'node:fs'
    process.stdout.write('\\nVmHWM ' + /VmHWM:\\s+([0-9]+) kB/.exec(readStatus('/proc/self/status', 'utf8'))?.[1])`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', measured]
  const child = spawn(process.execPath, args, { cwd: projectRoot(), stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  await once(child, 'close')
  const [, output, peak] = /^([^]*)\nVmHWM ([0-9]+)$/.exec(stdout) ?? []
  if (output === undefined) throw new Error(`the measured program failed: ${stdout}${stderr}`)
  return { output, peakBytes: Number(peak) * 1024 }
}
