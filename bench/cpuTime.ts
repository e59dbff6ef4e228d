import { readFileSync } from 'node:fs'

/** Linux counts CPU time for programs in hundredths of a second, whatever the kernel's own clock is. */
const MILLISECONDS_PER_TICK = 10
/** proc(5): utime and stime, counted from the field after the program's name. */
const USER = 11
const SYSTEM = 12

/** CPU time of all threads of a process, in milliseconds, from the text of `/proc/<pid>/stat`. */
export function cpuMillisecondsOf(stat: string): number {
  // The program's name may hold spaces and parentheses; fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[USER]) + Number(fields[SYSTEM])
  if (!Number.isSafeInteger(ticks)) throw new Error('/proc/<pid>/stat is not as proc(5) says')
  return ticks * MILLISECONDS_PER_TICK
}

/** CPU time that a process has used so far, in milliseconds. Throws if it does not run. */
export function cpuMilliseconds(pid: number): number {
  return cpuMillisecondsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}
