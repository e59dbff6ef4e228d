import { childCommands } from './setup/childCommands.ts'
import { CannotStart } from './setup/cannotStart.ts'
import { dataFolder, type DataFolder } from './setup/dataFolder.ts'
import { enrolDemo } from './setup/enrolDemo.ts'
import { osUsers, type Owners } from './setup/osUsers.ts'
import { isPresent, makeFolder } from './setup/ownedFiles.ts'
import { requireOwnData } from './setup/ownership.ts'
import { placeProgram, type Program } from './setup/placeProgram.ts'
import { prepare } from './setup/prepare.ts'
import { reachableDataFolder } from './setup/reachable.ts'
import { ssaAddresses, type SsaAddresses } from './setup/ssaAddresses.ts'
import { takeLock } from './supervisor/lockFile.ts'
import { busyPort, portHolder } from './supervisor/ports.ts'
import { supervise } from './supervisor/supervise.ts'

const READY_WITHIN_MS = 60_000
/** Children of a supervisor that was killed are still ending. */
const STALE_WAIT_MS = 12_000
const AREA_COUNT = 3

export interface SetOptions {
  /** The project's folder, with dist/ built. */
  readonly root: string
  /** Absolute. */
  readonly wantedData: string
  /** First TCP port; undefined: the one that the set has, or the usual one. */
  readonly port: number | undefined
  readonly say: (line: string) => void
  /** Leaves out what the processes log below a warning. */
  readonly isQuiet?: boolean
  /** The demo signer's authenticator, when it is enrolled. */
  readonly showTotp: (otpauthUri: string) => void
}

export interface RunningSet {
  readonly data: DataFolder
  readonly addresses: SsaAddresses
  readonly pidOf: (name: string) => number | undefined
  /** Ends the processes in order and lets go of the data. */
  readonly stop: () => Promise<void>
  /** Ends them at once. */
  readonly kill: () => void
}

/** Sets up what is missing, starts the three processes and waits until they serve. Throws CannotStart. */
export async function startSet(options: SetOptions): Promise<RunningSet> {
  const isolation = osUsers()
  const isIsolated = isolation.absentBecause === undefined
  const data = dataFolder(isIsolated ? reachableDataFolder(options.wantedData) : options.wantedData)
  if (data.root !== options.wantedData)
    options.say(`Data lies in ${data.root}, where the processes' users can go`)
  requireOwnData(data)
  makeFolder(data.root, 0o711)
  const lock = takeLock(data.lock)
  if ('heldBy' in lock)
    throw new CannotStart(
      `A set runs on ${data.root} already (process ${lock.heldBy}): stop it, or use --data`,
    )
  try {
    const owners = isolation.owners
    const program = placeProgram(options.root, Object.values(owners))
    if (program.isCopy)
      options.say(`The program runs from ${program.root}: the checkout is closed to the processes' users`)
    options.say(
      isIsolated
        ? 'Each process runs as an OS user of its own (chancery-sam, chancery-ca, chancery-ssa)'
        : `processes are not isolated from each other: ${isolation.absentBecause}`,
    )
    await prepare({ data, owners, program, port: options.port, say: options.say })
    const addresses = ssaAddresses(data)
    await requireFreePorts(addresses.ports, lock.wasStale ? STALE_WAIT_MS : 0)
    return await run({ options, data, owners, program, addresses, release: lock.release })
  } catch (error) {
    lock.release()
    throw error
  }
}

interface RunInput {
  readonly data: DataFolder
  readonly owners: Owners
  readonly program: Program
  readonly options: SetOptions
  readonly addresses: SsaAddresses
  readonly release: () => void
}

async function run(input: RunInput): Promise<RunningSet> {
  const { options, data, addresses } = input
  const supervisor = supervise({
    children: childCommands(input),
    logFolder: data.log,
    isQuiet: options.isQuiet ?? false,
    say: options.say,
  })
  const stop = async (): Promise<void> => {
    await supervisor.stop()
    input.release()
  }
  try {
    const late = await supervisor.whenReady(READY_WITHIN_MS)
    const isEnrolled = isPresent(data.connection)
    if (late.length === AREA_COUNT || (late.length > 0 && !isEnrolled))
      throw new CannotStart(`Not ready: ${late.join(', ')}. Their logs are in ${data.log}`)
    if (late.length > 0)
      options.say(`Not ready: ${late.join(', ')}. The others go on; logs are in ${data.log}`)
    if (!isEnrolled) {
      options.say('Enrolling the demo signer: PIN, authenticator, OTP, three keys with certificates')
      await enrolDemo({ ...input, showTotp: options.showTotp })
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { data, addresses, pidOf: supervisor.pidOf, stop, kill: supervisor.kill }
}

async function requireFreePorts(ports: readonly number[], waitMs: number): Promise<void> {
  const busy = await busyPort(ports, waitMs)
  if (busy === undefined) return
  throw new CannotStart(
    `Port ${busy} is in use by ${portHolder(busy) ?? 'another process'}: stop it, or choose another with --port`,
  )
}
