import { readFileSync, rmSync, writeFileSync } from 'node:fs'

export interface Lock {
  /** Whether a holder before us died without letting go: its children may still be ending. */
  readonly wasStale: boolean
  readonly release: () => void
}

/** Takes a lock file for this process, or returns the process id that holds it. A dead holder's lock is taken over. */
export function takeLock(file: string): Lock | { readonly heldBy: number } {
  let wasStale = false
  for (;;) {
    try {
      writeFileSync(file, `${process.pid} ${startOf(process.pid)}\n`, { flag: 'wx', mode: 0o600 })
      return {
        wasStale,
        release() {
          rmSync(file, { force: true })
        },
      }
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error
    }
    const holder = holderOf(file)
    if (holder !== undefined) return { heldBy: holder }
    wasStale = true
    rmSync(file, { force: true })
  }
}

/** The living process that holds a lock file, or undefined. */
export function holderOf(file: string): number | undefined {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
  const [pid = '', start = ''] = content.trim().split(' ')
  if (!/^[1-9][0-9]*$/.test(pid) || !isAlive(Number(pid))) return undefined
  // A process id is given out again; the start time tells the two apart.
  return startOf(Number(pid)) === start ? Number(pid) : undefined
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

/** Start time of a process in clock ticks since boot (proc(5), field 22); empty where there is no /proc. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The program's name may hold spaces and parentheses; fields are counted from its end.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
