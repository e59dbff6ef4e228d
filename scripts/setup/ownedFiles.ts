import {
  chmodSync,
  closeSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { randomBytes } from 'node:crypto'

/** An OS user that a process runs as; undefined: whoever runs the set-up. */
export type Owner = { readonly uid: number; readonly gid: number } | undefined

export function isPresent(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

/** Makes a folder with this mode and owner, if it is absent. A link in its place is refused. */
export function makeFolder(path: string, mode: number, owner?: Owner): void {
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present !== undefined) {
    if (!present.isDirectory()) throw new Error(`${path} is in the way: a folder belongs there`)
    return
  }
  mkdirSync(path, { recursive: true, mode })
  chmodSync(path, mode)
  if (owner !== undefined) lchownSync(path, owner.uid, owner.gid)
}

/**
 * Writes a file whole, with mode 0600 unless told otherwise, if nothing is there yet; returns whether it did. A crash
 * leaves no half of it. Neither a file nor a link that a process planted in its folder is ever followed or replaced.
 */
export function writeOnce(
  path: string,
  content: string,
  how: { readonly owner?: Owner; readonly mode?: number } = {},
): boolean {
  if (isPresent(path)) return false
  const unfinished = join(dirname(path), `.new-${randomBytes(8).toString('hex')}`)
  const descriptor = openSync(unfinished, 'wx', how.mode ?? 0o600)
  try {
    writeFileSync(descriptor, content)
    if (how.owner !== undefined) fchownSync(descriptor, how.owner.uid, how.owner.gid)
    fsyncSync(descriptor)
    // A link fails where a name is taken; a rename would replace it.
    linkSync(unfinished, path)
  } finally {
    closeSync(descriptor)
    rmSync(unfinished, { force: true })
  }
  return true
}
