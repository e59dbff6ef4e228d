import { readdirSync, readFileSync } from 'node:fs'

/** What everybody on the machine may see of a process, or its own user. */
export interface Seen {
  readonly pid: number
  readonly file: 'cmdline' | 'environ'
  /** Bytes as latin1, members parted by spaces. */
  readonly text: string
}

export interface ProcessWatch {
  /** Ends the watch. Everything that was seen, each once. */
  stop(): readonly Seen[]
}

const EVERY_MS = 10

/** Looks at argv and environment of all processes that this one started, and those started in turn, until stopped. */
export function watchProcesses(): ProcessWatch {
  const seen = new Map<string, Seen>()
  const look = (): void => {
    for (const pid of descendants(process.pid))
      for (const file of ['cmdline', 'environ'] as const) {
        const text = contentOf(pid, file)
        if (text !== undefined) seen.set(`${pid} ${file} ${text}`, { pid, file, text })
      }
  }
  const timer = setInterval(look, EVERY_MS)
  return {
    stop() {
      clearInterval(timer)
      look()
      return [...seen.values()]
    },
  }
}

function contentOf(pid: number, file: Seen['file']): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1').replaceAll('\0', ' ').trim()
  } catch {
    // It has ended.
    return undefined
  }
}

function descendants(ancestor: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = parentOf(Number(name))
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const found: number[] = []
  for (let next = children.get(ancestor) ?? []; next.length > 0;) {
    found.push(...next)
    next = next.flatMap((pid) => children.get(pid) ?? [])
  }
  return found
}

/** 0 if it has ended. */
function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name stands in parentheses and may hold anything.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return 0
  }
}
