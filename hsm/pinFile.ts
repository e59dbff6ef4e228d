import { closeSync, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs'
import { TokenUnfit } from './errors.ts'

const LONGEST_PIN = 255

export interface Pin {
  readonly value: string
  /** Tells this state of the file from any other, without the PIN: inode, size, and time of change. */
  readonly fileIdentity: string
}

/**
 * Reads a PIN: the file's text without a final line break. Throws TokenUnfit if others than the owner may read or
 * write the file (mode & 077), or if what it holds cannot be a PIN. No message ever holds the PIN.
 */
export function readPin(path: string): Pin {
  const file = openSync(path, 'r')
  try {
    const stats = fstatSync(file, { bigint: true })
    if ((stats.mode & 0o077n) !== 0n) throw new TokenUnfit(`PIN file ${path} is open to others: chmod 600 it`)
    const buffer = Buffer.alloc(LONGEST_PIN + 3)
    const text = buffer
      .subarray(0, readSync(file, buffer))
      .toString('utf8')
      .replace(/\r?\n$/, '')
    if (text.length === 0 || Buffer.byteLength(text) > LONGEST_PIN || /[\r\n\0]/.test(text))
      throw new TokenUnfit(`PIN file ${path} does not hold one line with a PIN`)
    return { value: text, fileIdentity: identityOf(stats) }
  } finally {
    closeSync(file)
  }
}

function identityOf(stats: BigIntStats): string {
  // Not the ctime: a set-up that restores mode and owner at each start must not look like a new PIN.
  return [stats.ino, stats.size, stats.mtimeNs].join(':')
}
