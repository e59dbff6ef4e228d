import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROGRAM_FOLDER: Readonly<Record<string, string>> = { sam: 'sam', ca: 'ca', ssa: 'src' }

export interface CheckedConfig {
  readonly isValid: boolean
  /** What the process said: file, key and what is wrong with it. */
  readonly message: string
}

/** Has a process check a configuration without starting. The file's name tells which: `sam.yaml`, `ca.yaml`, `ssa.yaml`. */
export function checkConfig(file: string, whose = basename(file).replace(/[.-].*$/, '')): CheckedConfig {
  const folder = PROGRAM_FOLDER[whose]
  if (folder === undefined)
    return { isValid: false, message: `${file}: say whose it is with --process sam, ca or ssa` }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [programOf(folder), '--config', resolve(file), '--check'],
    { encoding: 'utf8' },
  )
  return { isValid: status === 0, message: messageOf((stderr || stdout).trim()) }
}

/** The message of a JSON log line; other text as it is. */
function messageOf(output: string): string {
  try {
    const line: unknown = JSON.parse(output.split('\n').at(-1) ?? '')
    return typeof line === 'object' && line !== null && 'msg' in line ? String(line.msg) : output
  } catch {
    return output
  }
}

/** Beside this file when it runs from dist/; in dist/ when it runs from the sources. */
function programOf(folder: string): string {
  const beside = fileURLToPath(new URL(`../../${folder}/main.js`, import.meta.url))
  return existsSync(beside) ? beside : fileURLToPath(new URL(`../../dist/${folder}/main.js`, import.meta.url))
}
