import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChildCommand } from './childCommand.ts'
import { openChildLog } from './childLog.ts'
import { PATIENCE, superviseChild, type Patience } from './superviseChild.ts'

export interface SupervisorOptions {
  /** In the order in which they start; they stop in the opposite order. */
  readonly children: readonly ChildCommand[]
  /** One `<name>.log` for each child. */
  readonly logFolder: string
  /** Says only what is at least a warning of what the children log; their files get all. */
  readonly isQuiet?: boolean
  readonly patience?: Partial<Patience>
  readonly say: (line: string) => void
}

export interface Supervisor {
  /** Waits until each child is ready or given up, at most so many milliseconds. Returns the names of those not ready. */
  whenReady(milliseconds: number): Promise<readonly string[]>
  readonly pidOf: (name: string) => number | undefined
  /** Ends all children; resolves when all have ended. */
  stop(): Promise<void>
  /** Ends all children at once, without asking. */
  readonly kill: () => void
}

/** Starts a set of processes and keeps it running until it is stopped. */
export function supervise(options: SupervisorOptions): Supervisor {
  mkdirSync(options.logFolder, { recursive: true, mode: 0o700 })
  const patience = { ...PATIENCE, ...options.patience }
  const children = options.children.map((command) => {
    const say = (line: string): void => {
      options.say(`${command.name.padEnd(4)} ${line}`)
    }
    const log = openChildLog(join(options.logFolder, `${command.name}.log`), {
      say,
      isQuiet: options.isQuiet ?? false,
    })
    return superviseChild({ log, patience, say }, command)
  })
  return {
    async whenReady(milliseconds) {
      const waiting = new Set(children.map((child) => child.name))
      const all = Promise.all(
        children.map(async (child) => {
          if ((await child.settled) === 'ready') waiting.delete(child.name)
        }),
      )
      const waited = new AbortController()
      await Promise.race([all, sleep(milliseconds, undefined, { signal: waited.signal })])
      waited.abort()
      return [...waiting]
    },
    pidOf: (name) => children.find((child) => child.name === name)?.pid(),
    async stop() {
      for (const child of [...children].reverse()) await child.stop()
    },
    kill() {
      for (const child of children) child.kill()
    },
  }
}
