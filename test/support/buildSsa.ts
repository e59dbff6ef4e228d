import { randomBytes, X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import request from 'supertest'
import { certificateFingerprint } from '../../sap/transport/peer.ts'
import { saveClient } from '../../src/adapters/db/clientRegister.ts'
import { openDatabase, provisionDatabase } from '../../src/adapters/db/open.ts'
import { provisionPageTokenKey } from '../../src/adapters/db/settings.ts'
import { saveUser } from '../../src/adapters/db/userStore.ts'
import { createPasswords } from '../../src/adapters/security/passwords.ts'
import { loadConfig } from '../../src/config.ts'
import type { Clock } from '../../src/domain/time.ts'
import { startSsa, type Ssa } from '../../src/start.ts'
import { bodyOf, textIn } from './bodyOf.ts'
import { assertAnswer, assertContract } from './cscContract.ts'
import { makePeerAuthority, makeTlsIdentity, type TlsIdentity } from './peerCertificates.ts'
import { writeSsaFolder, type SamAddress } from './ssaFolder.ts'
import { pemOf, type TestAuthority } from './testPki.ts'

export interface BuildSsaOptions {
  readonly sam: SamAddress
  /** Merged over the defaults of `ssa.yaml`, top level. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly clock?: Clock
  /** `address:port`, in place of the system's. */
  readonly nameServers?: readonly string[]
}

export interface CallOptions {
  readonly token?: string
  /** Instead of a token. */
  readonly authorization?: string
  readonly headers?: Readonly<Record<string, string>>
  /** On the mutual-TLS listener, with this certificate. */
  readonly client?: TlsIdentity
}

export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, unknown>>
  readonly requestId: string
}

export type Version = 'v1' | 'v2'

/** A real SSA in this process: real SQLite, real TLS, the SAM that the test chose. */
export interface TestSsa {
  readonly folder: string
  readonly configFile: string
  readonly url: string
  readonly mutualUrl: string
  readonly managementUrl: string
  /** PEM of the authority of its HTTPS certificate. */
  readonly ca: string
  readonly operatorToken: string
  /** Every log line so far. */
  readonly log: string[]
  /** Calls a method over HTTPS and holds the answer against the contract. */
  post(version: Version, operation: string, body: unknown, options?: CallOptions): Promise<Answer>
  /** What everybody may read, over HTTPS. */
  get(
    path: string,
  ): Promise<{ readonly status: number; readonly body: unknown; readonly headers: Answer['headers'] }>
  addUser(user: {
    readonly username: string
    readonly password: string
    readonly signerId: string
  }): Promise<void>
  /** Makes a certificate for an application; with a client id it is registered, too. */
  makeClient(clientId: string | undefined): Promise<TlsIdentity>
  /** A service token by name and password. */
  login(username: string, password: string, options?: CallOptions): Promise<string>
  /** The journal's events of a request, parsed. */
  journal(requestId: string): Promise<readonly unknown[]>
  restart(): Promise<void>
  dispose(): Promise<void>
}

export async function buildSsa(options: BuildSsaOptions): Promise<TestSsa> {
  const folder = await mkdtemp(join(tmpdir(), 'chancery-ssa-'))
  const operatorToken = randomBytes(32).toString('base64url')
  const authority = await makePeerAuthority()
  const configFile = await writeSsaFolder(folder, {
    operatorToken,
    sam: options.sam,
    https: await makeTlsIdentity(authority, 'localhost'),
    changes: options.config ?? {},
  })
  const config = loadConfig(configFile)
  const provisioned = await provisionDatabase(config.database.file)
  await provisionPageTokenKey(provisioned)
  await provisioned.destroy()

  const log: string[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log.push(chunk.toString())
      done()
    },
  })
  const { clock, nameServers } = options
  const surroundings = { ...(clock && { clock }), ...(nameServers && { nameServers }) }
  const start = (): Promise<Ssa> => startSsa(config, { log: pino(sink), ...surroundings })
  let ssa = await start()
  const ca = pemOf(authority.certificate)
  const url = (): string => `https://localhost:${ssa.ports.main}`
  const mutualUrl = (): string => `https://localhost:${ssa.ports.mutualTls ?? 0}`

  const post: TestSsa['post'] = async (version, operation, body, call = {}) => {
    const answer = await send({ ca, url: call.client === undefined ? url() : mutualUrl() }, version, {
      operation,
      body,
      call,
    })
    return assertAnswer(`/csc/${version}/${operation}`, answer)
  }
  return {
    folder,
    configFile,
    get url() {
      return url()
    },
    get mutualUrl() {
      return mutualUrl()
    },
    get managementUrl() {
      return `http://127.0.0.1:${ssa.ports.management}`
    },
    ca,
    operatorToken,
    log,
    post,
    async get(path) {
      const response = await request(url()).get(path).ca(ca)
      return { status: response.status, body: bodyOf(response), headers: { ...response.headers } }
    },
    ...registers(config.database.file, authority),
    async login(username, password, call = {}) {
      const authorization = basic(username, password)
      const answer = await post('v1', 'auth/login', {}, { authorization, ...call })
      return textIn(answer.body, 'access_token')
    },
    async journal(requestId) {
      const response = await request(`http://127.0.0.1:${ssa.ports.management}`)
        .get(`/journal/${requestId}`)
        .set('Authorization', `Bearer ${operatorToken}`)
      await assertContract('management', 'journal', { status: response.status, body: bodyOf(response) })
      return eventsOf(bodyOf(response))
    },
    async restart() {
      await ssa.close()
      ssa = await start()
    },
    async dispose() {
      await ssa.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What provision does, without its process. */
function registers(file: string, authority: TestAuthority): Pick<TestSsa, 'addUser' | 'makeClient'> {
  const passwords = createPasswords()
  return {
    async addUser({ password, ...user }) {
      const database = await openDatabase(file)
      await saveUser(database, { ...user, passwordHash: await (await passwords).hash(password) })
      await database.destroy()
    },
    async makeClient(clientId) {
      const identity = await makeTlsIdentity(authority, clientId ?? 'stranger')
      if (clientId === undefined) return identity
      const database = await openDatabase(file)
      const certificateSha256 = certificateFingerprint(new X509Certificate(identity.cert))
      await saveClient(database, { clientId, certificateSha256 })
      await database.destroy()
      return identity
    },
  }
}

/** `Authorization` of HTTP Basic. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

interface Sending {
  readonly operation: string
  readonly body: unknown
  readonly call: CallOptions
}

async function send(
  to: { readonly ca: string; readonly url: string },
  version: Version,
  { operation, body, call }: Sending,
): Promise<Answer> {
  const authorization = call.authorization ?? (call.token === undefined ? undefined : `Bearer ${call.token}`)
  const sending = request(to.url)
    .post(`/csc/${version}/${operation}`)
    .ca(to.ca)
    .set('Content-Type', 'application/json')
  if (call.client !== undefined) void sending.cert(call.client.cert).key(call.client.key)
  if (authorization !== undefined) void sending.set('Authorization', authorization)
  void sending.set({ ...call.headers })
  const response = await sending.send(typeof body === 'string' ? body : JSON.stringify(body))
  const headers: Readonly<Record<string, unknown>> = response.headers
  return {
    status: response.status,
    body: bodyOf(response),
    headers,
    requestId: String(headers['x-request-id']),
  }
}

function eventsOf(body: unknown): readonly unknown[] {
  const entries: unknown =
    typeof body === 'object' && body !== null ? Reflect.get(body, 'entries') : undefined
  if (!Array.isArray(entries)) throw new Error('no entries in the answer')
  return entries.map((entry: unknown): unknown => JSON.parse(textIn(entry, 'event')))
}

/** The file of the database, as text: for tests that look for secrets in it. */
export async function databaseText(ssa: TestSsa): Promise<string> {
  const files = ['ssa.db', 'ssa.db-wal'].map((name) =>
    readFile(join(ssa.folder, name), 'latin1').catch(() => ''),
  )
  return (await Promise.all(files)).join('')
}
