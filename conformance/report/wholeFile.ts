import { randomBytes } from 'node:crypto'
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Throws Error with a sentence that names the path, when nothing could be written there. */
export async function requireWritable(path: string): Promise<void> {
  const target = await placeOf(path)
  if (!target.isReplaceable) return
  const trial = besides(target.path)
  try {
    await writeFile(trial, '', { flag: 'wx' })
    await rm(trial)
  } catch (cause) {
    throw new Error(`${path} cannot be written: ${reasonOf(cause)}.`, { cause })
  }
}

/** Writes a file under another name and renames it, so that nobody reads the half of it, or finds the half after a crash. */
export async function writeWhole(path: string, content: string): Promise<void> {
  const target = await placeOf(path)
  if (!target.isReplaceable) {
    await writeFile(target.path, content)
    return
  }
  const written = besides(target.path)
  try {
    await writeFile(written, content, { flag: 'wx' })
    await rename(written, target.path)
  } catch (cause) {
    await rm(written, { force: true })
    throw new Error(`${path} cannot be written: ${reasonOf(cause)}.`, { cause })
  }
}

/** What a link leads to is written, not the link; a pipe or a device cannot be replaced by a file. */
async function placeOf(path: string): Promise<{ readonly path: string; readonly isReplaceable: boolean }> {
  const target = await realpath(path).catch(() => path)
  const status = await stat(target).catch(() => undefined)
  if (status?.isDirectory() === true) throw new Error(`${path} cannot be written: it is a folder.`)
  return { path: target, isReplaceable: status === undefined || status.isFile() }
}

function besides(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is none',
  EACCES: 'its folder may not be written to',
  EROFS: 'its file system may not be written to',
  ENOSPC: 'there is no space left',
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause))
}
