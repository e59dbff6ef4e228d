import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CannotStart } from './cannotStart.ts'
import { caYaml } from './caYaml.ts'
import { changePort } from './changePort.ts'
import { makeCertificates } from './certificates.ts'
import type { DataFolder } from './dataFolder.ts'
import { makeFolders, softHsm } from './makeFolders.ts'
import { officerYaml } from './officerYaml.ts'
import type { Owners } from './osUsers.ts'
import { settleOwnership } from './ownership.ts'
import { isPresent, writeOnce } from './ownedFiles.ts'
import { programId, type Program } from './placeProgram.ts'
import { runProvision } from './runProvision.ts'
import { samYaml } from './samYaml.ts'
import { makeSecrets } from './secrets.ts'
import { ssaYaml } from './ssaYaml.ts'
import { addressesFrom } from './connection.ts'

const MOST_SESSIONS = 8
const DEFAULT_PORT = 8443

export interface Preparation {
  readonly data: DataFolder
  readonly owners: Owners
  readonly program: Program
  /** First TCP port; undefined: the one that the set has, or the usual one. */
  readonly port: number | undefined
  readonly say: (line: string) => void
}

/**
 * Everything that must be there before the processes can start. What is there stays; a set-up that was interrupted goes
 * on. Throws CannotStart.
 */
export async function prepare(deps: Preparation): Promise<void> {
  const { data, owners } = deps
  if (!isPresent(data.officer)) deps.say(`Setting up ${data.root}: folders, certificates, tokens, databases`)
  settleOwnership(data, owners)
  makeFolders(data, owners)
  await makeCertificates(data, owners)
  makeSecrets(data, owners)
  writeOperatorTokenHash(data, owners)
  writeConfigurations(deps)
  provision(deps)
}

/** All that the SSA needs to know the operator by. */
function writeOperatorTokenHash(data: DataFolder, owners: Owners): void {
  const token = readFileSync(join(data.officer, 'operator-token'), 'utf8')
  const hash = createHash('sha256').update(token).digest('hex')
  writeOnce(join(data.area.ssa, 'operator-token-hash'), hash, { owner: owners.ssa })
}

function writeConfigurations({ data, owners, port }: Preparation): void {
  const sessions = Math.max(2, Math.min(MOST_SESSIONS, availableParallelism()))
  const firstPort = port ?? DEFAULT_PORT
  const addresses = addressesFrom(firstPort)
  const { sam, ca, ssa } = data.area
  writeOnce(join(sam, 'sam.yaml'), samYaml(softHsm(), sessions), { owner: owners.sam })
  writeOnce(join(ca, 'ca.yaml'), caYaml(softHsm()), { owner: owners.ca })
  writeOnce(join(ssa, 'ssa.yaml'), ssaYaml(addresses, firstPort), { owner: owners.ssa })
  writeOnce(join(data.officer, 'officer.yaml'), officerYaml(addresses.management))
  if (port !== undefined) changePort(data, port)
}

/**
 * Once for each build of the program: tokens, keys, databases and the changes that a new version brings to them. Where
 * it was done before, a failure is only told: the processes decide themselves whether they can run.
 */
function provision(deps: Preparation): void {
  const { data, program, say } = deps
  const mark = `provisioned-${programId(program.root)}`
  const marks = readdirSync(data.authority).filter((name) => name.startsWith('provisioned-'))
  if (marks.includes(mark)) return
  say('Provisioning the issuing CA, the SAM and the SSA')
  try {
    provisionAll(deps)
    writeOnce(join(data.authority, mark), '')
  } catch (error) {
    if (marks.length === 0 || !(error instanceof CannotStart)) throw error
    say(error.message)
  }
}

/** In the order in which one needs what the other made: the SAM the root's certificate, the CA the SAM's identity. */
function provisionAll({ data, owners, program }: Preparation): void {
  const { sam, ca } = data.area
  runProvision({ program, data, owner: owners.ca }, 'ca', [])
  writeOnce(join(sam, 'ca-root.crt'), readFileSync(join(ca, 'root.crt'), 'utf8'), { owner: owners.sam })
  runProvision({ program, data, owner: owners.sam }, 'sam', [])
  const identity = readFileSync(join(sam, 'identity.pem'), 'utf8')
  writeOnce(join(ca, 'sam-identity.pem'), identity, { owner: owners.ca })
  runProvision({ program, data, owner: owners.ssa }, 'ssa', [])
}
