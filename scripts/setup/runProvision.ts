import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { humanLine } from '../supervisor/childLog.ts'
import { CannotStart } from './cannotStart.ts'
import type { Area, DataFolder } from './dataFolder.ts'
import type { Owner } from './ownedFiles.ts'
import type { Program } from './placeProgram.ts'

/** The folder of a process under dist/. */
export const PROGRAM_FOLDER: Readonly<Record<Area, string>> = { sam: 'sam', ca: 'ca', ssa: 'src' }

interface Deps {
  readonly program: Program
  readonly data: DataFolder
  readonly owner: Owner
}

/**
 * Runs a process's own provisioning, as its own user: token, keys, database. `secretInput` goes through its standard
 * input. Throws CannotStart with what the program said on its error output.
 */
export function runProvision(deps: Deps, area: Area, args: readonly string[], secretInput?: string): void {
  const script = join(deps.program.root, 'dist', PROGRAM_FOLDER[area], 'provision.js')
  const folder = deps.data.area[area]
  const config = join(folder, `${area}.yaml`)
  const { status, stderr, stdout } = spawnSync(deps.program.node, [script, '--config', config, ...args], {
    cwd: folder,
    env: minimalEnvironment(folder),
    encoding: 'utf8',
    input: secretInput ?? '',
    ...deps.owner,
  })
  if (status === 0) return
  const lines = (stderr || stdout).split('\n').flatMap((line) => humanLine(line) ?? [])
  throw new CannotStart(`${area} could not be provisioned: ${lines.join('; ')}`)
}

/** All that a process of the set finds in its environment. */
export function minimalEnvironment(folder: string): Readonly<Record<string, string>> {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder, NODE_ENV: 'production' }
}
