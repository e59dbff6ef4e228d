import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { projectRoot } from '../../scripts/projectRoot.ts'
import { startSet, type RunningSet } from '../../scripts/runSet.ts'

/** A whole set of its own, as `npm start` makes it, in a temporary folder. Needs dist/, which `npm test` builds. */
export interface Deployment {
  readonly folder: string
  readonly data: string
  readonly port: number
  /** Path of connection.json. */
  readonly connection: string
  readonly set: RunningSet
  /** What the supervisor said. */
  readonly said: string[]
  /** Runs `chancery`; resolves with its exit code and both outputs. */
  chancery(words: readonly string[]): CommandResult
  /** Ends the processes, keeps the data. */
  stop(): Promise<void>
  /** Starts the same data again, after `stop`. */
  restart(): Promise<void>
  /** Ends the processes and removes everything. */
  remove(): Promise<void>
}

export interface CommandResult {
  readonly code: number | null
  readonly out: string
  readonly talk: string
}

/** Sets up and starts a set. Takes some ten seconds; share one among the tests of a file. */
export async function deploy(): Promise<Deployment> {
  const folder = openTemporaryFolder()
  const data = join(folder, 'data')
  const port = await freePorts()
  const said: string[] = []
  const start = (): Promise<RunningSet> =>
    startSet({
      root: projectRoot(),
      wantedData: data,
      port,
      say: (line) => said.push(line),
      showTotp: () => undefined,
    })
  let set = await start()
  return {
    folder,
    data,
    port,
    connection: join(data, 'connection.json'),
    get set() {
      return set
    },
    said,
    chancery,
    stop: () => set.stop(),
    async restart() {
      set = await start()
    },
    async remove() {
      await set.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The command as a program of its own. */
export function chancery(words: readonly string[]): CommandResult {
  const program = join(projectRoot(), 'bin', 'chancery.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' })
  return { code: status, out: stdout, talk: stderr }
}

/** A folder that the processes' OS users may enter. */
export function openTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-set-'))
  chmodSync(folder, 0o711)
  return folder
}

/** The first of three neighbouring TCP ports that nobody uses. */
export async function freePorts(): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 30_000)
    const free = await Promise.all([first, first + 1, first + 2].map(isFree))
    if (free.every((one) => one)) return first
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}

/** One of the project's scripts as a process of its own, with what it has printed so far. */
export interface RunningScript {
  readonly process: ChildProcess
  output(): string
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>
  /** Waits until the output matches. */
  until(pattern: RegExp): Promise<void>
}

const SCRIPT_PATIENCE_MS = 60_000
const started = new Set<ChildProcess>()

/** Ends what `runScript` started and a failed test left. */
export async function endScripts(): Promise<void> {
  const left = [...started].filter((child) => child.exitCode === null && child.signalCode === null)
  started.clear()
  await Promise.all(
    left.map(
      (child) =>
        new Promise((resolve) => {
          child.once('close', resolve)
          child.kill('SIGTERM')
        }),
    ),
  )
}

export function runScript(name: 'start' | 'demo', words: readonly string[]): RunningScript {
  const child = spawn(process.execPath, [join(projectRoot(), 'dist', 'scripts', `${name}.js`), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.add(child)
  let output = ''
  const keep = (chunk: Buffer): void => {
    output += chunk.toString()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return {
    process: child,
    output: () => output,
    ended: new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve(signal ?? code)
      })
    }),
    async until(pattern) {
      const deadline = Date.now() + SCRIPT_PATIENCE_MS
      while (!pattern.test(output)) {
        if (Date.now() > deadline || child.exitCode !== null)
          throw new Error(`${name} did not print ${String(pattern)} but:\n${output}`)
        await sleep(50)
      }
    },
  }
}

/** The process ids of a set's children, from what runs with its configurations. */
export function childrenOf(data: string): readonly number[] {
  const { stdout } = spawnSync('pgrep', ['-f', '--', `--config ${data}/`], { encoding: 'utf8' })
  return stdout.trim().split('\n').filter(Boolean).map(Number)
}

/** A file of a set, as text. */
export function textOf(deployment: Deployment, ...names: readonly string[]): string {
  return readFileSync(join(deployment.data, ...names), 'utf8')
}
