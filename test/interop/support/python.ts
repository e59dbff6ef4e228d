import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../../scripts/projectRoot.ts'

const FOLDER = join(projectRoot(), 'test', 'interop')
const REQUIREMENTS = join(FOLDER, 'requirements.txt')

/** The Python of an environment that holds exactly the pinned packages. Makes it when they have changed. */
export function pinnedPython(): string {
  const environment = join(projectRoot(), '.interop')
  const python = join(environment, 'bin', 'python')
  const stamp = join(environment, '.requirements')
  const wanted = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python
  rmSync(environment, { recursive: true, force: true })
  makeEnvironment(environment)
  run(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', '--requirement', REQUIREMENTS])
  run(python, ['-m', 'pip', 'check'])
  writeFileSync(stamp, wanted)
  return python
}

/** Debian keeps `venv` in a package of its own. */
function makeEnvironment(environment: string): void {
  const make = (): number | null =>
    spawnSync('python3', ['-m', 'venv', environment], { encoding: 'utf8' }).status
  if (make() === 0) return
  run('apt-get', ['install', '--yes', '--no-install-recommends', 'python3-venv'])
  if (make() !== 0) throw new Error('python3 -m venv does not work')
}

/** Runs a script of this folder with one JSON value as its input. Returns the JSON value that it prints. */
export function runScript(name: string, input: unknown): unknown {
  return JSON.parse(run(pinnedPython(), [join(FOLDER, name)], JSON.stringify(input)))
}

function run(command: string, words: readonly string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, words, {
    encoding: 'utf8',
    input,
    maxBuffer: 64 * 1024 * 1024,
    timeout: 300_000,
  })
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${error?.message ?? stderr}`)
  return stdout
}
