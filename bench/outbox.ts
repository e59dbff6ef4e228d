import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Takes every code out of the folder into which the SAM delivers: destination → code. */
export function takeCodes(folder: string): ReadonlyMap<string, string> {
  const codes = new Map<string, string>()
  // In the order in which they were made: the newest code of a destination is the one that counts.
  for (const name of readdirSync(folder).sort()) {
    if (name.startsWith('.') || !name.endsWith('.json')) continue
    const file = join(folder, name)
    const message: unknown = JSON.parse(readFileSync(file, 'utf8'))
    rmSync(file)
    if (typeof message !== 'object' || message === null || !('code' in message) || !('to' in message))
      continue
    if (typeof message.code === 'string' && typeof message.to === 'string')
      codes.set(message.to, message.code)
  }
  return codes
}
