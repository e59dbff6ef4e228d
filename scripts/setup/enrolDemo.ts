import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadOfficerConfig } from '../../client/officer/officerConfig.ts'
import { newRequestId, openCa, openSam, type SamClient } from '../../client/officer/sapPeers.ts'
import { writeConnection, type Addresses } from './connection.ts'
import type { DataFolder } from './dataFolder.ts'
import { enrolSigner } from './enrolSigner.ts'
import { writeOnce } from './ownedFiles.ts'
import type { Owners } from './osUsers.ts'
import type { Program } from './placeProgram.ts'
import { runProvision } from './runProvision.ts'

interface Deps {
  readonly data: DataFolder
  readonly owners: Owners
  readonly program: Program
  readonly addresses: Addresses
  readonly showTotp: (otpauthUri: string) => void
}

const CLIENTS = { basic: 'an unregistered application', 'demo-app': 'Demo signing application' }

/**
 * With the processes running: registers the demo applications, enrols the demo signer, makes her an account at the SSA,
 * and writes `connection.json` last. Goes on where it stopped when called again.
 */
export async function enrolDemo(deps: Deps): Promise<void> {
  const config = loadOfficerConfig(join(deps.data.officer, 'officer.yaml'))
  const asOfficer = openSam(config, 'officer')
  const asRa = openSam(config, 'ra')
  const ca = openCa(config)
  try {
    await registerClients(asOfficer)
    const signer = await enrolSigner({ sam: asRa, ca, data: deps.data, showTotp: deps.showTotp })
    makeAccount(deps, signer.signerId)
    writeConnection(deps.data, deps.addresses, signer)
  } finally {
    await Promise.all([asOfficer.close(), asRa.close(), ca.close()])
  }
}

/** What the SSA must know: who logs in as whom, and which application shows which certificate. */
function makeAccount(deps: Deps, signerId: string): void {
  const { data, owners } = deps
  const held = (name: string): string => readFileSync(join(data.officer, name), 'utf8')
  const certificateFile = join(data.area.ssa, 'demo-client.crt')
  writeOnce(certificateFile, held('demo-client.crt'), { owner: owners.ssa })
  const provision = (command: string, input: object): void => {
    runProvision({ ...deps, owner: owners.ssa }, 'ssa', [command], JSON.stringify(input))
  }
  provision('add-client', { clientId: 'demo-app', certificateFile })
  provision('add-user', { username: 'ada', password: held('demo-password'), signerId })
}

async function registerClients(sam: SamClient): Promise<void> {
  for (const [clientId, name] of Object.entries(CLIENTS))
    await sam.call('registerClient', { requestId: newRequestId(), clientId, name })
}
