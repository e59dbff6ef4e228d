import { existsSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'

export type When = 'before' | 'after'

/** Where a process kills itself: at the `at`-th step since the plan was set, counted from 1. */
export interface KillPoint {
  readonly at: number
  readonly when: When
  /** Counts only the steps of this name. */
  readonly name?: string
}

/** The other end of `killAt.mjs`. */
export interface KillPlan {
  readonly folder: string
  /** For node, before the program. With `held` it loads that module and waits for a message before it goes on. */
  nodeArguments(held?: string): readonly string[]
  /** Sets the plan in place of the one before; without a point the steps are only counted. */
  set(point?: KillPoint): void
  /** The names of the steps begun since the plan was set, the first one first. */
  steps(): readonly string[]
  /** How often the HSM was asked to sign this digest with a key pair, by all processes so far. */
  signCalls(digest: Uint8Array): number
  /** How often it was asked to sign anything with a key pair, the service's own ones included. */
  allSignCalls(): number
}

const PRELOAD = new URL('killAt.mjs', import.meta.url)

export function makeKillPlan(): KillPlan {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-kill-'))
  let plan = 0
  const set = (point: KillPoint = { at: 0, when: 'before' }): void => {
    plan++
    writeFileSync(join(folder, 'control.new'), JSON.stringify({ plan, ...point }))
    renameSync(join(folder, 'control.new'), join(folder, 'control'))
  }
  const lines = (name: string): readonly string[] =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8').trimEnd().split('\n') : []
  set()
  return {
    folder,
    nodeArguments: (held) => {
      const preload = new URL(PRELOAD)
      preload.searchParams.set('folder', folder)
      if (held !== undefined) preload.searchParams.set('hold', held)
      return ['--import', preload.href]
    },
    set,
    steps: () =>
      lines('steps')
        .filter((line) => line.startsWith(`${plan} `))
        .map((line) => line.split(' ').slice(2).join(' ')),
    signCalls: (digest) => {
      const hex = Buffer.from(digest).toString('hex')
      return lines('signs').filter((line) => line === hex).length
    },
    allSignCalls: () => lines('signs').length,
  }
}
