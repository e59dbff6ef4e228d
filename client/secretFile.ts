import { open } from 'node:fs/promises'

const MAX_SECRET = 4096

/**
 * The secret in a file, without the line feed at its end. A regular file that others may read is refused: the secret
 * is theirs too. Throws Error with a sentence that names the file.
 */
export async function readSecretFile(path: string): Promise<string> {
  const file = await open(path).catch((cause: unknown) => {
    throw new Error(`${path} cannot be read.`, { cause })
  })
  try {
    const status = await file.stat()
    if (status.isFile() && (status.mode & 0o077) !== 0)
      throw new Error(`${path} may be read by others: set its mode to 0600.`)
    const secret = (await file.readFile('utf8')).replace(/\r?\n$/, '')
    if (secret === '' || secret.length > MAX_SECRET) throw new Error(`${path} does not hold a secret.`)
    return secret
  } finally {
    await file.close()
  }
}
