import { open } from 'node:fs/promises'

const LONGEST = 64 * 1024

/**
 * What a secret file holds, without the line feed at its end. A regular file that others may read is refused: the
 * secret is theirs too. Throws Error with a sentence that names the file.
 */
export async function secretIn(path: string): Promise<string> {
  const file = await open(path).catch((cause: unknown) => {
    throw new Error(`${path} cannot be read.`, { cause })
  })
  try {
    const status = await file.stat()
    if (status.isDirectory()) throw new Error(`${path} is a folder.`)
    if (status.isFile() && (status.mode & 0o077) !== 0 && process.platform !== 'win32')
      throw new Error(`${path} may be read by others: set its mode to 0600.`)
    const secret = (await file.readFile('utf8')).replace(/\r?\n$/, '')
    if (secret === '') throw new Error(`${path} is empty.`)
    if (secret.length > LONGEST) throw new Error(`${path} is too long for a secret.`)
    return secret
  } finally {
    await file.close()
  }
}
