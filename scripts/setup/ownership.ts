import { spawnSync } from 'node:child_process'
import { accessSync, constants, lstatSync } from 'node:fs'
import { CannotStart } from './cannotStart.ts'
import { AREAS, type DataFolder } from './dataFolder.ts'
import type { Owners } from './osUsers.ts'
import { isPresent } from './ownedFiles.ts'

/** Data that was made under another user: whoever is not root is told. Throws CannotStart. */
export function requireOwnData(data: DataFolder): void {
  if (process.getuid?.() === 0 || !isPresent(data.root) || canUse(data)) return
  throw new CannotStart(
    `${data.root} was made by another user: start as that user, or name another folder with --data`,
  )
}

/** Data that was made under another user: root gives it to the processes' users, or takes it back. */
export function settleOwnership(data: DataFolder, owners: Owners): void {
  if (process.getuid?.() !== 0) return
  for (const area of AREAS) {
    const { uid, gid } = owners[area] ?? { uid: 0, gid: 0 }
    const folders = [data.area[area], ...(area === 'ssa' ? [] : [data.run[area]])]
    for (const folder of folders)
      // Links are changed themselves, never followed.
      if (isPresent(folder) && lstatSync(folder).uid !== uid)
        spawnSync('chown', ['-R', '-h', '-P', `${uid}:${gid}`, folder])
  }
}

function canUse(data: DataFolder): boolean {
  try {
    for (const folder of [data.root, ...AREAS.map((area) => data.area[area])])
      if (isPresent(folder)) accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
