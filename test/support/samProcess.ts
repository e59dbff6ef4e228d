import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compiledSam } from './compiledSam.ts'
import type { KillPlan } from './killPlan.ts'
import type { SamClient, SamFolder } from './samFolder.ts'

/** How a process ended: its exit code, or the signal that killed it. */
export type Ending = number | NodeJS.Signals

/** A SAM that runs as a process of its own. */
export interface SamProcess {
  readonly pid: number
  readonly ssa: SamClient
  readonly ra: SamClient
  readonly ca: SamClient
  readonly officer: SamClient
  readonly ended: Promise<Ending>
  /** Sends SIGKILL, or SIGTERM if asked to be gentle, and waits for the end. */
  end(signal?: 'SIGKILL' | 'SIGTERM'): Promise<Ending>
}

const START_PATIENCE_MS = 30_000

/** Starts the SAM of a provisioned folder. Rejects, with what it printed, if it ends before it is ready. */
export async function startSamProcess(site: SamFolder, plan?: KillPlan): Promise<SamProcess> {
  return whenReady(site, run(site, 'sam/main.js', plan?.nodeArguments()))
}

/** A SAM process that has loaded its program and touched nothing yet. */
export interface HeldSam {
  /** Lets it start; as `startSamProcess`. */
  release(): Promise<SamProcess>
  drop(): Promise<void>
}

/** Gets a process ready to start, so that a restart takes no longer than it must. */
export function holdSamProcess(site: SamFolder, plan: KillPlan): HeldSam {
  const held = pathToFileURL(join(compiledSam(), 'sam', 'server.js')).href
  const running = run(site, 'sam/main.js', plan.nodeArguments(held))
  return {
    release() {
      running.child.send('go')
      return whenReady(site, running)
    },
    async drop() {
      running.child.kill('SIGKILL')
      await running.ended
    },
  }
}

async function whenReady(site: SamFolder, running: Run): Promise<SamProcess> {
  const { child, ended } = running
  await ready(running)
  const clients = {
    ssa: site.client('ssa'),
    ra: site.client('ra'),
    ca: site.client('ca'),
    officer: site.client('officer'),
  }
  const closed = ended.then(async (ending) => {
    await Promise.all(Object.values(clients).map((client) => client.close()))
    return ending
  })
  return {
    ...clients,
    pid: child.pid ?? 0,
    ended,
    end(signal = 'SIGKILL') {
      child.kill(signal)
      return closed
    },
  }
}

/** Provisions a folder in a process of its own. Resolves with how that ended. */
export async function runProvision(
  site: SamFolder,
  plan?: KillPlan,
): Promise<{ readonly ending: Ending; readonly output: string }> {
  const { ended, output } = run(site, 'sam/provision.js', plan?.nodeArguments())
  return { ending: await ended, output: output() }
}

interface Run {
  readonly child: ChildProcess
  readonly ended: Promise<Ending>
  readonly output: () => string
}

function run(site: SamFolder, program: string, nodeArguments: readonly string[] = []): Run {
  const args = [...nodeArguments, join(compiledSam(), program), '--config', site.configFile]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { PATH: '/usr/bin:/bin' },
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(signal ?? code ?? -1)
    })
  })
  return { child, ended, output: () => printed }
}

async function ready({ child, ended, output }: Run): Promise<void> {
  const isReady = new Promise<string>((resolve) => {
    child.on('message', () => {
      resolve('ready')
    })
  })
  const late = new Promise<string>((resolve) => {
    setTimeout(resolve, START_PATIENCE_MS, 'late').unref()
  })
  const first = await Promise.race([isReady, ended, late])
  if (first === 'ready') return
  child.kill('SIGKILL')
  throw new Error(`the SAM did not start (${first}):\n${output()}`)
}
