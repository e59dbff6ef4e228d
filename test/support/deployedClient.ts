import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { readConnection, type Connection } from '../../client/connection.ts'
import { createCredential } from '../../client/officer/createCredential.ts'
import { loadOfficerConfig } from '../../client/officer/officerConfig.ts'
import {
  newRequestId,
  openCa,
  openSam,
  type CaClient,
  type SamClient,
} from '../../client/officer/sapPeers.ts'
import { projectRoot } from '../../scripts/projectRoot.ts'
import { SAM_OPERATIONS } from '../../sap/operations.ts'
import { createOperationClient } from '../../sap/transport/client.ts'
import { textIn } from './bodyOf.ts'
import { assertAnswer } from './cscContract.ts'
import type { Deployment } from './deployment.ts'
import type { JournalFields } from './samActs.ts'

const PASSWORD = 'correct horse battery'

/** A user of a deployed service, with keys that demand an OTP. */
export interface DeployedUser {
  readonly signerId: string
  readonly username: string
  readonly token: string
  readonly credentialIds: readonly string[]
}

export interface DeployedAnswer {
  readonly status: number
  readonly body: unknown
  readonly requestId: string
}

export interface DeployedClient {
  readonly connection: Connection
  readonly sam: { readonly ra: SamClient; readonly officer: SamClient; readonly ssa: SamClient }
  /** Enrols a person with `keys` P-256 keys of the policy otp-only, gives them an account, and logs them in. */
  makeUser(username: string, keys: number): Promise<DeployedUser>
  login(username: string, place?: Place): Promise<string>
  /** A method of v1 over HTTPS. */
  post(operation: string, body: object, token: string, place?: Place): Promise<DeployedAnswer>
  /** The newest code that a signer was sent. */
  codeOf(user: DeployedUser): string
  /** An OTP for these hashes and the SAD that it gives. */
  sadFor(user: DeployedUser, hashes: readonly Buffer[], credentialId?: string): Promise<string>
  /** What the SAM's journal has of a request, as its officer reads it. */
  samJournal(requestId: string): Promise<readonly JournalFields[]>
  /** Waits until the service says that it is ready. */
  untilReady(): Promise<void>
  close(): Promise<void>
}

type Place = 'csc' | 'mutualTls'

/** An application, the officers and a thief of the SSA's certificate, at a set of three processes. */
export async function deployedClient(deployment: Deployment): Promise<DeployedClient> {
  const connection = await readConnection(deployment.connection)
  const config = loadOfficerConfig(join(deployment.data, 'officer', 'officer.yaml'))
  const sam = { ra: openSam(config, 'ra'), officer: openSam(config, 'officer'), ssa: asSsa(deployment.data) }
  const ca = openCa(config)
  const agents = agentsOf(connection)
  const send = async (
    place: Place,
    operation: string,
    body: object,
    authorization: string,
  ): Promise<DeployedAnswer> => {
    const base = place === 'csc' ? connection.csc.v1 : connection.mutualTls?.v1
    const answer = await request(`${base ?? ''}/${operation}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify(body),
      dispatcher: agents[place],
    })
    const text = await answer.body.text()
    const parsed: unknown = text === '' ? undefined : JSON.parse(text)
    const requestId = String(answer.headers['x-request-id'])
    return assertAnswer(`/csc/v1/${operation}`, { status: answer.statusCode, body: parsed, requestId })
  }
  const login = async (username: string, place: Place = 'csc'): Promise<string> => {
    const basic = Buffer.from(`${username}:${PASSWORD}`).toString('base64')
    return textIn((await send(place, 'auth/login', {}, `Basic ${basic}`)).body, 'access_token')
  }
  const post: DeployedClient['post'] = (operation, body, token, place = 'csc') =>
    send(place, operation, body, `Bearer ${token}`)
  const codeOf = (user: DeployedUser): string => newestCode(join(deployment.data, 'sam', 'outbox'), user)
  return {
    connection,
    sam,
    login,
    post,
    codeOf,
    async makeUser(username, keys) {
      const { signerId, credentialIds } = await enrol({ sam: sam.ra, ca }, username, keys)
      addAccount(deployment.data, { username, password: PASSWORD, signerId })
      return { username, signerId, credentialIds, token: await login(username) }
    },
    async sadFor(user, hashes, credentialID = user.credentialIds[0] ?? '') {
      const hash = hashes.map((one) => one.toString('base64'))
      const nonce = randomBytes(16).toString('base64')
      await post('credentials/sendOTP', { credentialID, hash, nonce }, user.token)
      const body = { credentialID, numSignatures: hash.length, hash, OTP: codeOf(user) }
      return textIn((await post('credentials/authorize', body, user.token)).body, 'SAD')
    },
    async samJournal(ofRequest) {
      const { entries } = await sam.officer.call('journal', { requestId: newRequestId(), ofRequest })
      return entries.map(({ event }) => fieldsOf(event))
    },
    untilReady: () => untilReady(deployment),
    async close() {
      await Promise.all([...Object.values(sam), ca, ...Object.values(agents)].map((one) => one.close()))
    },
  }
}

function agentsOf({ caFile, client }: Connection): Readonly<Record<Place, Agent>> {
  const read = (file: string | undefined): Buffer => readFileSync(file ?? assert.fail('no file is named'))
  const ca = read(caFile)
  return {
    csc: new Agent({ connect: { ca } }),
    mutualTls: new Agent({
      connect: { ca, cert: read(client?.certificateFile), key: read(client?.keyFile) },
    }),
  }
}

/** With the SSA's own certificate, which a thief of that machine would have. */
function asSsa(data: string): SamClient {
  const read = (name: string): string => readFileSync(join(data, 'ssa', name), 'utf8')
  return createOperationClient({
    operations: SAM_OPERATIONS,
    url: 'https://localhost',
    socketPath: join(data, 'run', 'sam', 'sap.sock'),
    tls: { cert: read('sap.crt'), key: read('sap.key'), ca: read('peers-ca.crt') },
  })
}

async function enrol(
  peers: { readonly sam: SamClient; readonly ca: CaClient },
  commonName: string,
  keys: number,
): Promise<Pick<DeployedUser, 'signerId' | 'credentialIds'>> {
  const requestId = newRequestId()
  const { signerId } = await peers.sam.call('createSigner', { requestId, commonName, country: 'DK' })
  const destination = `${signerId}@example.org`
  await peers.sam.call('setOtpDestination', { requestId, signerId, channel: 'file', destination })
  const credentialIds: string[] = []
  for (let n = 0; n < keys; n++)
    credentialIds.push(await createCredential(peers, { signerId, keyType: 'p-256', policy: 'otp-only' }))
  return { signerId, credentialIds }
}

/** As an operator does it: the SSA's own program, the password on its standard input. */
function addAccount(data: string, user: object): void {
  const program = join(projectRoot(), 'dist', 'src', 'provision.js')
  const words = [program, '--config', join(data, 'ssa', 'ssa.yaml'), 'add-user']
  const { status, stderr } = spawnSync(process.execPath, words, {
    input: JSON.stringify(user),
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
}

function newestCode(outbox: string, { signerId }: DeployedUser): string {
  const names = readdirSync(outbox).filter((name) => !name.startsWith('.'))
  for (const name of names.sort().reverse()) {
    const message = fieldsOf(readFileSync(join(outbox, name), 'utf8'))
    if (message['to'] === `${signerId}@example.org` && 'code' in message) return String(message['code'])
  }
  return assert.fail('no code was delivered')
}

function fieldsOf(json: string): JournalFields {
  const value: unknown = JSON.parse(json)
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value))
  return { ...value }
}

async function untilReady(deployment: Deployment): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const isReady = await fetch(`${deployment.set.addresses.management}/readyz`)
      .then(({ ok }) => ok)
      .catch(() => false)
    if (isReady) return
    await sleep(100)
  }
  assert.fail('the service is not ready')
}
