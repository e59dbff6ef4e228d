import { spawnSync } from 'node:child_process'
import { AREAS, type Area } from './dataFolder.ts'
import type { Owner } from './ownedFiles.ts'

export type Owners = Readonly<Record<Area, Owner>>

const NOBODY_IN_PARTICULAR: Owners = { sam: undefined, ca: undefined, ssa: undefined }

export interface Isolation {
  readonly owners: Owners
  /** Why the processes share one OS user; undefined when each has its own. */
  readonly absentBecause: string | undefined
}

/** Started as root: an OS user of its own for each process, made if absent. Otherwise none, with the reason. */
export function osUsers(): Isolation {
  if (process.getuid?.() !== 0)
    return { owners: NOBODY_IN_PARTICULAR, absentBecause: 'the set was not started as root' }
  const owners: Record<Area, Owner> = { ...NOBODY_IN_PARTICULAR }
  for (const area of AREAS) {
    const owner = lookUp(`chancery-${area}`) ?? create(`chancery-${area}`)
    if (owner === undefined)
      return {
        owners: NOBODY_IN_PARTICULAR,
        absentBecause: `the OS user chancery-${area} could not be made by useradd`,
      }
    owners[area] = owner
  }
  return { owners, absentBecause: undefined }
}

function lookUp(name: string): Owner {
  const uid = numberFrom('id', ['-u', name])
  const gid = numberFrom('id', ['-g', name])
  // A root by another name would be no boundary.
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid }
}

function create(name: string): Owner {
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent']
  spawnSync('useradd', [...options, '--shell', '/usr/sbin/nologin', name], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  })
  return lookUp(name)
}

function numberFrom(command: string, args: readonly string[]): number | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' })
  return status === 0 && /^\d+\n$/.test(stdout) ? Number(stdout) : undefined
}
