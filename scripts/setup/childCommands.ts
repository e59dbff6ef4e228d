import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import type { ChildCommand } from '../supervisor/childCommand.ts'
import { AREAS, type Area, type DataFolder } from './dataFolder.ts'
import type { Owners } from './osUsers.ts'
import type { Program } from './placeProgram.ts'
import { minimalEnvironment, PROGRAM_FOLDER } from './runProvision.ts'

/**
 * Threads of a process: one for each PKCS#11 session, one for database and argon2. Each one more is woken and put to sleep
 * for nothing, and takes the processor from the others: six instead of three cost a fifth of all signatures.
 */
const threadsFor = (sessions: number): number => Math.max(3, sessions + 1)

/** The three processes of a set, as the supervisor starts them. */
export function childCommands(deps: {
  readonly program: Program
  readonly data: DataFolder
  readonly owners: Owners
}): readonly ChildCommand[] {
  const dist = join(deps.program.root, 'dist')
  const preload = pathToFileURL(join(dist, 'scripts', 'supervisor', 'endWithSupervisor.js')).href
  return AREAS.map((area) => {
    const folder = deps.data.area[area]
    const main = join(dist, PROGRAM_FOLDER[area], 'main.js')
    const config = join(folder, `${area}.yaml`)
    return {
      name: area,
      command: deps.program.node,
      args: ['--enable-source-maps', '--import', preload, main, '--config', config],
      folder,
      environment: {
        ...minimalEnvironment(folder),
        UV_THREADPOOL_SIZE: String(threadsFor(sessionsOf(area, config))),
      },
      user: deps.owners[area],
    }
  })
}

const withSessions = z.object({ hsm: z.object({ sessions: z.int().min(1).max(64) }) })

/** PKCS#11 sessions that a configuration asks for. What is wrong in it, the process itself will say. */
function sessionsOf(area: Area, config: string): number {
  if (area === 'ssa') return 0
  try {
    return withSessions.parse(parse(readFileSync(config, 'utf8'))).hsm.sessions
  } catch {
    return 0
  }
}
