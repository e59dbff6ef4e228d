import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../scripts/projectRoot.ts'
import { startSet, type RunningSet } from '../scripts/runSet.ts'
import { dataFolder } from '../scripts/setup/dataFolder.ts'
import { makeFolders, softHsm } from '../scripts/setup/makeFolders.ts'
import { osUsers } from '../scripts/setup/osUsers.ts'
import { makeFolder, writeOnce } from '../scripts/setup/ownedFiles.ts'
import { reachableDataFolder } from '../scripts/setup/reachable.ts'
import { samYaml } from '../scripts/setup/samYaml.ts'

const HIGHEST_PORT = 60_000
const MOST_SESSIONS = 8

export interface BenchSet {
  readonly set: RunningSet
  /** Ends the processes; removes the data unless it is to be kept. */
  readonly end: () => Promise<void>
}

/** A set as `npm start` makes it, in a new folder, with the SAM's configuration of the benchmark. */
export async function startBenchSet(deps: {
  readonly keep: boolean
  readonly say: (line: string) => void
}): Promise<BenchSet> {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-bench-'))
  chmodSync(folder, 0o711)
  const remove = (): void => {
    if (deps.keep) deps.say(`The data stays in ${folder}`)
    else rmSync(folder, { recursive: true, force: true })
  }
  try {
    const wantedData = join(folder, 'data')
    configureSam(wantedData)
    const set = await startSet({
      root: projectRoot(),
      wantedData,
      port: await freePorts(),
      say: deps.say,
      isQuiet: true,
      showTotp: () => undefined,
    })
    const end = async (): Promise<void> => {
      await set.stop()
      remove()
    }
    return { set, end }
  } catch (error) {
    remove()
    throw error
  }
}

/**
 * The set-up keeps a configuration that is there. A receipt for each signature would measure the folder that stands in
 * for a mail server.
 */
function configureSam(wantedData: string): void {
  const { owners, absentBecause } = osUsers()
  const data = dataFolder(absentBecause === undefined ? reachableDataFolder(wantedData) : wantedData)
  makeFolder(data.root, 0o711)
  makeFolders(data, owners)
  const sessions = Math.max(2, Math.min(MOST_SESSIONS, cpus().length))
  const changed = `${samYaml(softHsm(), sessions)}receipts: false\n`
  writeOnce(join(data.area.sam, 'sam.yaml'), changed, { owner: owners.sam })
}

/** The first of three neighbouring TCP ports that nobody uses. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = await anyFreePort()
    if (first > HIGHEST_PORT) continue
    try {
      await Promise.all([first + 1, first + 2].map(portOf))
      return first
    } catch {
      // One of its neighbours is taken.
    }
  }
}

function anyFreePort(): Promise<number> {
  return portOf(0)
}

/** The port that was listened on for a moment. */
function portOf(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, exclusive: true }, () => {
      const address = server.address()
      server.close(() => {
        resolve(isAddress(address) ? address.port : port)
      })
    })
  })
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}
