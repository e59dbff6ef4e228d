import { readFile } from 'node:fs/promises'

/** What a secret file holds, without the line feed at its end. Throws Error with a sentence that names the file. */
export async function secretIn(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`${path} cannot be read.`, { cause })
  })
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '') throw new Error(`${path} is empty.`)
  return secret
}
