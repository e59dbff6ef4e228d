import { randomUUID, createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { stringify } from 'yaml'
import { openToken, type Token } from '../../hsm/token.ts'
import type { KeyTypeName } from '../../sap/algorithms.ts'
import { SAM_OPERATIONS, type Role, type SamAnswer, type SamOperations } from '../../sap/operations.ts'
import { createOperationClient, type OperationClient } from '../../sap/transport/client.ts'
import type { ClockSources } from '../../sam/clock.ts'
import { loadConfig, type SamConfig } from '../../sam/config.ts'
import type { SamDeps } from '../../sam/deps.ts'
import { openSam } from '../../sam/openSam.ts'
import { provision } from '../../sam/provision.ts'
import { startServer } from '../../sam/server.ts'
import { makePeerAuthority, makeTlsIdentity, type TlsIdentity } from './peerCertificates.ts'
import { makeSoftHsm, type SoftHsm } from './softhsm.ts'
import { issueTestCertificate, makeAuthority, pemOf, type TestAuthority } from './testPki.ts'

export type SamClient = OperationClient<SamOperations>

/** A message that the SAM delivered through its file channel. */
export interface Delivered {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly code?: string
  readonly time: number
}

/** A real SAM in this process: real SoftHSM, SQLite, TLS over a Unix socket. */
export interface TestSam {
  readonly folder: string
  readonly config: SamConfig
  readonly configFile: string
  readonly softHsm: SoftHsm
  readonly deps: SamDeps
  readonly url: string
  readonly socketPath: string
  readonly peerAuthority: TestAuthority
  /** Signers' certificates come from here. */
  readonly issuer: TestAuthority
  readonly identities: Readonly<Record<Role, TlsIdentity>>
  readonly ssa: SamClient
  readonly ra: SamClient
  readonly ca: SamClient
  readonly officer: SamClient
  /** Everything delivered so far, oldest first. */
  outbox(): Promise<readonly Delivered[]>
  /** The code of the newest message that has one. */
  lastCode(): Promise<string>
  /** Stops the SAM; the folder stays. */
  stop(): Promise<void>
  /** Opens it again from the same folder, in a new incarnation. */
  start(clockSources?: ClockSources): Promise<void>
  dispose(): Promise<void>
}

export interface BuildSamOptions {
  /** Merged over the defaults of `sam.yaml`, top level. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly clockSources?: ClockSources
  /** Another PKCS#11 module than SoftHSM itself, e.g. the one that makes faults. */
  readonly module?: string
  readonly environment?: Readonly<Record<string, string>>
}

const POLICIES = {
  otp: { scal: '2', multisign: 200, factors: ['otp'], minimumGrade: 'plain-otp' },
  'otp-pin': { scal: '2', multisign: 200, factors: ['otp', 'pin'], minimumGrade: 'plain-otp' },
  'bound-otp': { scal: '2', multisign: 200, factors: ['otp'], minimumGrade: 'bound-otp' },
  totp: { scal: '2', multisign: 200, factors: ['totp'], minimumGrade: 'plain-otp' },
  'totp-pin': { scal: '2', multisign: 200, factors: ['totp', 'pin'], minimumGrade: 'plain-otp' },
  'scal1-otp': { scal: '1', multisign: 5, factors: ['otp'], minimumGrade: 'plain-otp' },
  pin: { scal: '1', multisign: 5, factors: ['pin'], minimumGrade: 'static' },
}

const ROLES: readonly Role[] = ['ssa', 'ra', 'ca', 'officer']

export async function buildSam(options: BuildSamOptions = {}): Promise<TestSam> {
  const folder = await mkdtemp(join(tmpdir(), 'chancery-sam-'))
  const softHsm = await makeSoftHsm()
  const peerAuthority = await makePeerAuthority()
  const issuer = await makeAuthority({ name: 'CN=Test Issuing CA, O=Test, C=DK' })
  const identities = await writeFiles(folder, { peerAuthority, issuer })
  const configFile = join(folder, 'sam.yaml')
  await writeFile(configFile, stringify(document(folder, softHsm, options)))
  await provision(loadConfig(configFile))

  const socketPath = join(folder, 'sap.sock')
  const url = 'https://localhost'
  const client = (role: Role): SamClient =>
    createOperationClient({ operations: SAM_OPERATIONS, url, socketPath, tls: identities[role] })
  let running = await startSam(loadConfig(configFile), options.clockSources)
  const clients = { ssa: client('ssa'), ra: client('ra'), ca: client('ca'), officer: client('officer') }

  const outbox = async (): Promise<readonly Delivered[]> => {
    const names = (await readdir(join(folder, 'outbox'))).filter((name) => !name.startsWith('.')).sort()
    return Promise.all(
      names.map(async (name) => {
        // Written by the SAM under test: a wrong shape fails the assertion that reads it.
        return JSON.parse(await readFile(join(folder, 'outbox', name), 'utf8')) as Delivered // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
      }),
    )
  }
  let isRunning = true
  const stop = async (): Promise<void> => {
    if (!isRunning) return
    isRunning = false
    await running.stop()
  }
  return {
    folder,
    configFile,
    softHsm,
    url,
    socketPath,
    peerAuthority,
    issuer,
    identities,
    ...clients,
    get config() {
      return running.deps.config
    },
    get deps() {
      return running.deps
    },
    outbox,
    async lastCode() {
      const codes = (await outbox()).filter((message) => message.code !== undefined)
      const code = codes.at(-1)?.code
      if (code === undefined) throw new Error('no code was delivered')
      return code
    },
    stop,
    async start(clockSources) {
      running = await startSam(loadConfig(configFile), clockSources)
      isRunning = true
    },
    async dispose() {
      await Promise.all(Object.values(clients).map((each) => each.close()))
      await stop()
      await rm(folder, { recursive: true, force: true })
      await softHsm.dispose()
    },
  }
}

interface Running {
  readonly deps: SamDeps
  stop(): Promise<void>
}

async function startSam(config: SamConfig, clockSources: ClockSources | undefined): Promise<Running> {
  const token: Token = await openToken({ ...config.hsm, tokenLabel: config.hsm.token })
  const sam = await openSam({ config, token, clockSources })
  const server = await startServer(sam.deps, pino({ level: 'silent' }))
  return {
    deps: sam.deps,
    async stop() {
      await server.stop()
      await sam.close()
    },
  }
}

async function writeFiles(
  folder: string,
  authorities: { readonly peerAuthority: TestAuthority; readonly issuer: TestAuthority },
): Promise<Record<Role, TlsIdentity>> {
  const identity = (name: string): Promise<TlsIdentity> => makeTlsIdentity(authorities.peerAuthority, name)
  const own = await identity('sam-1')
  const secret = async (name: string, content: string): Promise<void> => {
    await writeFile(join(folder, name), content)
    await chmod(join(folder, name), 0o600)
  }
  await mkdir(join(folder, 'outbox'), { mode: 0o700 })
  await secret('pin', `${randomUUID()}\n`)
  await secret('tls.key', own.key)
  await writeFile(join(folder, 'tls.crt'), own.cert)
  await writeFile(join(folder, 'peers-ca.crt'), own.ca)
  await writeFile(join(folder, 'issuer.crt'), pemOf(authorities.issuer.certificate))
  const identities: Partial<Record<Role, TlsIdentity>> = {}
  for (const role of ROLES) {
    identities[role] = await identity(`${role}-1`)
    await writeFile(join(folder, `${role}.crt`), identities[role].cert)
  }
  const { ssa, ra, ca, officer } = identities
  if (!ssa || !ra || !ca || !officer) throw new Error('a role has no identity')
  return { ssa, ra, ca, officer }
}

function document(folder: string, softHsm: SoftHsm, options: BuildSamOptions): Record<string, unknown> {
  return {
    profile: 'dev',
    node: 'sam-1',
    listen: { socketPath: 'sap.sock' },
    tls: { certificate: 'tls.crt', key: 'tls.key', authority: 'peers-ca.crt' },
    peers: ROLES.map((role) => ({ name: `${role}-1`, role, certificate: `${role}.crt` })),
    database: { file: 'sam.db' },
    hsm: {
      module: options.module ?? softHsm.module,
      token: `sam-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`,
      pinFile: 'pin',
      sessions: 2,
      loginGuardFile: 'login-guard.json',
      environment: { ...softHsm.environment, ...options.environment },
    },
    trustedIssuers: ['issuer.crt'],
    otp: { lifetimeSeconds: 300, sendsPerQuarterHour: 1000 },
    sad: { lifetimeSeconds: 300, limitSeconds: 900 },
    lockAfter: 5,
    receipts: false,
    policies: POLICIES,
    channels: { file: { folder: 'outbox' } },
    ...options.config,
  }
}

export const newRequestId = (): string => randomUUID()

export interface TestSigner {
  readonly signerId: string
  readonly credentialId: string
  readonly publicKey: Buffer
  readonly pin: string
  /** The otpauth URI with the TOTP secret. */
  readonly otpauthUri: string
  readonly clientId: string
  readonly familyId: string
}

export interface TestSignerOptions {
  readonly policy?: keyof typeof POLICIES
  readonly keyType?: KeyTypeName
  /** Of an existing signer: then only another key is made. */
  readonly signer?: TestSigner
  readonly notBefore?: number
  readonly notAfter?: number
  readonly clientId?: string
}

/** A signer with all factors and one active key. */
export async function makeSigner(sam: TestSam, options: TestSignerOptions = {}): Promise<TestSigner> {
  const requestId = newRequestId()
  const clientId = options.clientId ?? 'demo-app'
  await sam.officer.call('registerClient', { requestId, clientId, name: `Application ${clientId}` })
  const person = options.signer ?? (await enrolPerson(sam))
  const { signerId } = person
  const key = await sam.ra.call('generateKey', {
    requestId,
    signerId,
    keyType: options.keyType ?? 'p-256',
    policy: options.policy ?? 'otp',
  })
  await certify(sam, key, options)
  return { ...person, clientId, credentialId: key.credentialId, publicKey: key.publicKey }
}

async function enrolPerson(
  sam: TestSam,
): Promise<Omit<TestSigner, 'credentialId' | 'publicKey' | 'clientId'>> {
  const requestId = newRequestId()
  const { signerId } = await sam.ra.call('createSigner', { requestId, commonName: 'Ada Test', country: 'DK' })
  const pin = 'k7-Pq2x9'
  await sam.ra.call('enrolPin', { requestId, signerId, pin })
  const { otpauthUri } = await sam.ra.call('enrolTotp', { requestId, signerId })
  const destination = `${signerId}@example.org`
  await sam.ra.call('setOtpDestination', { requestId, signerId, channel: 'file', destination })
  return { signerId, pin, otpauthUri, familyId: `fam-${signerId}` }
}

async function certify(
  sam: TestSam,
  key: SamAnswer<'generateKey'>,
  options: TestSignerOptions,
): Promise<void> {
  const validity = {
    ...(options.notBefore === undefined ? {} : { notBefore: options.notBefore }),
    ...(options.notAfter === undefined ? {} : { notAfter: options.notAfter }),
  }
  const leaf = await issueTestCertificate(sam.issuer, key.publicKey, validity)
  const { credentialId } = key
  await sam.ra.call('linkCertificate', { requestId: newRequestId(), credentialId, chain: [leaf] })
}
