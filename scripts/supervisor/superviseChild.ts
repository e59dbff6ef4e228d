import { spawn, type ChildProcess } from 'node:child_process'
import { DO_NOT_RESTART, type ChildCommand } from './childCommand.ts'
import type { ChildLog } from './childLog.ts'

/** Milliseconds. */
export interface Patience {
  /** Before the first new start; doubled each time, up to `longestDelay`. */
  readonly firstDelay: number
  readonly longestDelay: number
  /** A child that ran this long counts as healthy: the delay begins anew. */
  readonly healthyAfter: number
  /** Between SIGTERM and SIGKILL. */
  readonly stop: number
}

export const PATIENCE: Patience = {
  firstDelay: 1000,
  longestDelay: 60_000,
  healthyAfter: 60_000,
  stop: 10_000,
}

export interface SupervisedChild {
  readonly name: string
  /** `ready` once it said so, `given up` once it ended with the code for that. */
  readonly settled: Promise<'ready' | 'given up'>
  pid(): number | undefined
  /** SIGTERM, then SIGKILL; resolves when it has ended. It is not started again. */
  stop(): Promise<void>
  /** SIGKILL at once. */
  kill(): void
}

interface Deps {
  readonly log: ChildLog
  readonly patience: Patience
  say(line: string): void
}

/** Keeps one child running: started again with growing delay, except after the code that forbids it. */
export function superviseChild(deps: Deps, command: ChildCommand): SupervisedChild {
  let settle: (outcome: 'ready' | 'given up') => void = () => undefined
  const settled = new Promise<'ready' | 'given up'>((resolve) => {
    settle = resolve
  })
  let child: ChildProcess | undefined
  let timer: NodeJS.Timeout | undefined
  let isStopping = false
  let delay = deps.patience.firstDelay
  const ended = new Set<() => void>()

  const start = (): void => {
    const startedAt = Date.now()
    child = spawnChild(deps.log, command, () => {
      settle('ready')
    })
    onceEnded(child, (how, code) => {
      child = undefined
      for (const tell of ended) tell()
      if (isStopping) return
      if (code === DO_NOT_RESTART) {
        deps.say(`ended with code ${DO_NOT_RESTART} (configuration, PIN or LOCKED): not started again`)
        settle('given up')
        return
      }
      if (Date.now() - startedAt >= deps.patience.healthyAfter) delay = deps.patience.firstDelay
      deps.say(`${how}; started again in ${delay / 1000} s`)
      timer = setTimeout(start, delay)
      delay = Math.min(delay * 2, deps.patience.longestDelay)
    })
  }

  start()
  return {
    name: command.name,
    settled,
    pid: () => child?.pid,
    kill: () => {
      isStopping = true
      clearTimeout(timer)
      child?.kill('SIGKILL')
    },
    async stop() {
      isStopping = true
      clearTimeout(timer)
      const running = child
      if (running === undefined) return
      const gone = new Promise<void>((resolve) => ended.add(resolve))
      running.kill('SIGTERM')
      const late = setTimeout(() => {
        deps.say(`did not end within ${deps.patience.stop / 1000} s: killed`)
        running.kill('SIGKILL')
      }, deps.patience.stop)
      await gone
      clearTimeout(late)
    },
  }
}

function spawnChild(log: ChildLog, command: ChildCommand, onReady: () => void): ChildProcess {
  const child = spawn(command.command, command.args, {
    cwd: command.folder,
    env: command.environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A process group of its own: Ctrl-C in the terminal reaches the supervisor only, which ends the set in order.
    detached: true,
    ...command.user,
  })
  child.on('message', (message) => {
    if (typeof message === 'object' && 'event' in message && message.event === 'ready') onReady()
  })
  if (child.stdout !== null) log.follow(child.stdout)
  if (child.stderr !== null) log.follow(child.stderr)
  return child
}

function onceEnded(child: ChildProcess, tell: (how: string, code: number | undefined) => void): void {
  let isTold = false
  const once = (how: string, code?: number): void => {
    if (!isTold) tell(how, code)
    isTold = true
  }
  child.on('error', (error) => {
    if (child.pid === undefined) once(`could not be started: ${error.message}`)
  })
  child.on('exit', (code, signal) => {
    once(signal === null ? `ended with code ${code ?? 0}` : `ended by ${signal}`, code ?? undefined)
  })
}
