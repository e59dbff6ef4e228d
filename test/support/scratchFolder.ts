import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made: string[] = []

process.once('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

/** A new folder of mode 0700, gone when the test run ends. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `chancery-${name}-`))
  made.push(folder)
  return folder
}
