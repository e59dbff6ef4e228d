import { randomBytes } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Another file is at the place already. */
export class FileExists extends Error {
  override readonly name = 'FileExists'
}

export interface WholeFileInput {
  readonly path: string
  /** Read once, in order; when it throws, nothing is written. */
  readonly content: AsyncIterable<Buffer> | Iterable<Buffer>
  /** What is at the place is replaced; else FileExists is thrown. */
  readonly isReplacing: boolean
}

/** Writes a file whole or not at all: beside its place first, on the disk, then under its name. */
export async function writeWhole({ path, content, isReplacing }: WholeFileInput): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}`)
  try {
    const file = await open(temporary, 'wx')
    try {
      for await (const part of content) await file.writeFile(part)
      await file.sync()
    } finally {
      await file.close()
    }
    await (isReplacing ? rename(temporary, path) : renameToFree(temporary, path))
  } finally {
    await rm(temporary, { force: true })
  }
}

/** A second name is refused by the system where a file is, a new name for the first would silently replace it. */
async function renameToFree(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'EEXIST') throw new FileExists(`${path} exists already.`, { cause })
    // File systems without links (FAT, some network drives): the look is not at once with the act, but better than none.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw cause
    await open(path, 'wx').then((file) => file.close(), refuseTaken(path))
    await rename(temporary, path).catch(async (failure: unknown) => {
      // Empty, and ours.
      await rm(path, { force: true })
      throw failure
    })
  }
}

function refuseTaken(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new FileExists(`${path} exists already.`, { cause })
  }
}
