import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, realpathSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { CannotStart } from './cannotStart.ts'

const SYSTEM_DATA = '/var/lib/chancery'

/** Whether every OS user may enter a folder: all folders on the way to it let others through. */
export function isTraversable(folder: string): boolean {
  for (let at = realpathSync(folder); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

/**
 * Where the data of a wanted folder lies for processes with OS users of their own: there, or, if they could not enter
 * it, under /var/lib/chancery with a link in its place. Throws CannotStart if something else is already there.
 */
export function reachableDataFolder(wanted: string, systemData = SYSTEM_DATA): string {
  if (existsSync(wanted)) {
    const real = realpathSync(wanted)
    if (isTraversable(dirname(real))) return real
    throw new CannotStart(
      `${wanted} lies where the processes' own OS users cannot go: move it, or name another folder with --data`,
    )
  }
  mkdirSync(dirname(wanted), { recursive: true })
  if (isTraversable(dirname(wanted)))
    return join(realpathSync(dirname(wanted)), wanted.slice(dirname(wanted).length))
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 12)
  const real = join(systemData, name)
  mkdirSync(real, { recursive: true, mode: 0o711 })
  symlinkSync(real, wanted)
  return realpathSync(real)
}
