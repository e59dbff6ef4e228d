import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createCredential } from '../client/officer/createCredential.ts'
import { loadOfficerConfig } from '../client/officer/officerConfig.ts'
import { newRequestId, openCa, openSam } from '../client/officer/sapPeers.ts'
import type { CscClient } from '../client/csc/connectCsc.ts'
import type { CscSession } from '../client/csc/cscSession.ts'
import { osUsers } from '../scripts/setup/osUsers.ts'
import { placeProgram } from '../scripts/setup/placeProgram.ts'
import { projectRoot } from '../scripts/projectRoot.ts'
import { minimalEnvironment } from '../scripts/setup/runProvision.ts'
import type { DataFolder } from '../scripts/setup/dataFolder.ts'
import { BENCH_KEY_TYPES, type BenchKeyType } from './options.ts'

/** Someone who is logged in and has at most one credential of each key type. */
export interface BenchSigner {
  /** Where the codes go: names the signer in the outbox. */
  readonly destination: string
  readonly session: CscSession
  readonly credentials: Readonly<Record<BenchKeyType, string | undefined>>
}

interface Enrolled {
  readonly signerId: string
  readonly destination: string
  readonly credentials: Record<BenchKeyType, string | undefined>
}

interface Deps {
  readonly data: DataFolder
  readonly client: CscClient
  readonly progress: (line: string) => void
}

/** As many signers as the longer of the two lists needs, enrolled over SAP as an officer would, each with an account. */
export async function enrolSigners(
  deps: Deps,
  counts: Readonly<Record<BenchKeyType, number>>,
): Promise<readonly BenchSigner[]> {
  const enrolled = await enrolAtSam(deps, counts)
  const users = enrolled.map(({ signerId, destination }) => ({
    signerId,
    username: destination,
    password: randomBytes(12).toString('hex'),
  }))
  deps.progress(`accounts: ${users.length}`)
  await addUsers(deps.data, users)
  const signers: BenchSigner[] = []
  for (const [at, { destination, credentials }] of enrolled.entries()) {
    const session = await deps.client.login(destination, users[at]?.password ?? '')
    signers.push({ destination, credentials, session })
    if (signers.length % 50 === 0) deps.progress(`logins: ${signers.length} of ${enrolled.length}`)
  }
  return signers
}

async function enrolAtSam(
  { data, progress }: Deps,
  counts: Readonly<Record<BenchKeyType, number>>,
): Promise<readonly Enrolled[]> {
  const config = loadOfficerConfig(join(data.officer, 'officer.yaml'))
  const peers = { sam: openSam(config, 'ra'), ca: openCa(config) }
  try {
    const enrolled: Enrolled[] = []
    const total = Math.max(...Object.values(counts))
    while (enrolled.length < total) {
      const at = enrolled.length
      const person = { commonName: `Signer ${at}`, givenName: 'Signer', surname: String(at), country: 'DK' }
      const { signerId } = await peers.sam.call('createSigner', { requestId: newRequestId(), ...person })
      const destination = `signer-${at}@bench.example`
      const place = { channel: 'file', destination } as const
      await peers.sam.call('setOtpDestination', { requestId: newRequestId(), signerId, ...place })
      const credentials: Enrolled['credentials'] = { 'rsa-3072': undefined, 'p-256': undefined }
      for (const keyType of BENCH_KEY_TYPES)
        if (at < counts[keyType])
          credentials[keyType] = await createCredential(peers, { signerId, keyType, policy: 'otp-only' })
      enrolled.push({ signerId, destination, credentials })
      if (enrolled.length % 20 === 0) progress(`signers with keys: ${enrolled.length} of ${total}`)
    }
    return enrolled
  } finally {
    await Promise.all([peers.sam.close(), peers.ca.close()])
  }
}

/** Under the SSA's own user: its database must stay its own. */
async function addUsers(data: DataFolder, users: readonly object[]): Promise<void> {
  const { owners } = osUsers()
  const program = placeProgram(projectRoot(), Object.values(owners))
  const folder = data.area.ssa
  const script = join(program.root, 'dist', 'bench', 'addUsers.js')
  const child = spawn(program.node, [script, join(folder, 'ssa.db')], {
    cwd: folder,
    env: minimalEnvironment(folder),
    stdio: ['pipe', 'inherit', 'inherit'],
    ...owners.ssa,
  })
  child.stdin.end(JSON.stringify(users))
  const ended: unknown[] = await once(child, 'exit')
  if (ended[0] !== 0) throw new Error('the accounts could not be made')
}
