import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { stringify } from 'yaml'
import { loadConfig, type CaConfig } from '../../ca/config.ts'
import { openCa, type Ca } from '../../ca/openCa.ts'
import { provision } from '../../ca/provision.ts'
import { startServer } from '../../ca/server.ts'
import { openToken } from '../../hsm/token.ts'
import { attestationBytes, publicKeySha256, type AttestationStatement } from '../../sap/attestation.ts'
import {
  CA_OPERATIONS,
  SAM_OPERATIONS,
  type Attestation,
  type CaOperations,
  type Role,
} from '../../sap/operations.ts'
import { createOperationClient, type OperationClient } from '../../sap/transport/client.ts'
import { createOperationServer } from '../../sap/transport/server.ts'
import { makePeerAuthority, makeTlsIdentity, type TlsIdentity } from './peerCertificates.ts'
import { makeSoftHsm, type SoftHsm } from './softhsm.ts'

/** A SAM of which only `attestedKey` exists; it attests what a test tells it to. */
export interface AttestingSam {
  readonly identityKey: KeyObject
  /** Replace it to answer or to throw something else. */
  answer: (credentialId: string) => Attestation
}

/** A real CA in this process: real SoftHSM, SQLite, TLS over a Unix socket. */
export interface TestCa {
  readonly folder: string
  readonly configFile: string
  readonly config: CaConfig
  readonly sam: AttestingSam
  /** Of the CA that runs now. */
  readonly running: Ca
  client(role: Role): OperationClient<CaOperations>
  readonly ra: OperationClient<CaOperations>
  stop(): Promise<void>
  start(): Promise<void>
  dispose(): Promise<void>
}

export interface BuildCaOptions {
  /** Merged over the defaults of `ca.yaml`, top level. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly now?: () => number
}

const ROLES: readonly Role[] = ['ssa', 'ra', 'ca', 'officer']

export async function buildCa(options: BuildCaOptions = {}): Promise<TestCa> {
  const folder = await mkdtemp(join(tmpdir(), 'chancery-ca-'))
  const softHsm = await makeSoftHsm()
  const identities = await writeFiles(folder)
  const sam = await attestingSam(folder, identities.sam)
  const configFile = join(folder, 'ca.yaml')
  await writeFile(configFile, stringify({ ...caDocument(softHsm), ...options.config }))
  const config = loadConfig(configFile)
  const now = options.now ?? Date.now
  await provision(config, now)

  const clients = new Map<Role, OperationClient<CaOperations>>()
  const client = (role: Role): OperationClient<CaOperations> => {
    const socketPath = join(folder, 'ca.sock')
    const made =
      clients.get(role) ??
      createOperationClient({
        operations: CA_OPERATIONS,
        url: 'https://localhost',
        socketPath,
        tls: identities[role],
        connections: 2,
      })
    clients.set(role, made)
    return made
  }
  let running = await startCa(config, now)
  let isRunning = true
  const stop = async (): Promise<void> => {
    if (isRunning) await running.stop()
    isRunning = false
  }
  return {
    folder,
    configFile,
    config,
    sam: sam.script,
    get running() {
      return running.ca
    },
    client,
    ra: client('ra'),
    stop,
    async start() {
      running = await startCa(config, now)
      isRunning = true
    },
    async dispose() {
      for (const each of clients.values()) await each.close()
      await stop()
      await sam.close()
      await rm(folder, { recursive: true, force: true })
      await softHsm.dispose()
    },
  }
}

async function startCa(
  config: CaConfig,
  now: () => number,
): Promise<{ readonly ca: Ca; stop(): Promise<void> }> {
  const token = await openToken({ ...config.hsm, tokenLabel: config.hsm.token })
  const ca = await openCa({ config, token, now }).catch(async (error: unknown) => {
    await token.close()
    throw error
  })
  const server = await startServer(ca, config, pino({ level: 'silent' }))
  return {
    ca,
    async stop() {
      await server.stop()
      await ca.close()
    },
  }
}

type Identities = Readonly<Record<Role | 'sam', TlsIdentity>>

async function writeFiles(folder: string): Promise<Identities> {
  const authority = await makePeerAuthority()
  const identity = (name: string): Promise<TlsIdentity> => makeTlsIdentity(authority, `${name}-1`)
  const identities = {
    sam: await identity('sam'),
    ssa: await identity('ssa'),
    ra: await identity('ra'),
    ca: await identity('ca'),
    officer: await identity('officer'),
  }
  const secret = { mode: 0o600 }
  await writeFile(join(folder, 'pin'), `${randomUUID()}\n`, secret)
  await writeFile(join(folder, 'tls.key'), identities.ca.key, secret)
  await writeFile(join(folder, 'tls.crt'), identities.ca.cert)
  await writeFile(join(folder, 'peers-ca.crt'), identities.ca.ca)
  for (const role of ROLES) await writeFile(join(folder, `${role}.crt`), identities[role].cert)
  return identities
}

async function attestingSam(
  folder: string,
  tls: TlsIdentity,
): Promise<{ readonly script: AttestingSam; close(): Promise<void> }> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(join(folder, 'sam-identity.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
  const script: AttestingSam = {
    identityKey: privateKey,
    answer: () => {
      throw new Error('no answer was scripted')
    },
  }
  const operations = { attestedKey: SAM_OPERATIONS.attestedKey }
  const server = createOperationServer({
    operations,
    handlers: {
      attestedKey: ({ credentialId }) => Promise.resolve({ attestation: script.answer(credentialId) }),
    },
    tls,
    peerOf: () => ({ name: 'ca-1', role: 'ca' }),
    onRefusal: () => Promise.resolve(),
    onRejectedConnection: () => undefined,
  })
  await new Promise<void>((resolve) => server.listen(join(folder, 'sam.sock'), resolve))
  return {
    script,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The defaults of `ca.yaml`; paths are relative to its folder. */
export function caDocument(
  softHsm: Pick<SoftHsm, 'module' | 'environment'>,
  hsm: { readonly callSeconds?: number } = {},
): Record<string, unknown> {
  return {
    node: 'ca-1',
    listen: { socketPath: 'ca.sock' },
    tls: { certificate: 'tls.crt', key: 'tls.key', authority: 'peers-ca.crt' },
    peers: ROLES.map((role) => ({ name: `${role}-1`, role, certificate: `${role}.crt` })),
    sam: { url: 'https://localhost', socketPath: 'sam.sock', identityKey: 'sam-identity.pem' },
    database: { file: 'ca.db' },
    hsm: {
      module: softHsm.module,
      token: 'test-ca',
      pinFile: 'pin',
      sessions: 2,
      loginGuardFile: 'login-guard',
      environment: softHsm.environment,
      ...hsm,
    },
    root: { commonName: 'Test Root', organization: 'Test', country: 'DE', validDays: 7300 },
    issuing: {
      commonName: 'Test Issuing CA',
      organization: 'Test',
      country: 'DE',
      validDays: 3650,
      keyType: 'p-256',
    },
    acceptedProfiles: ['dev'],
    certificates: { validDays: 730 },
  }
}

/** The statement of an attestation, good unless `changes` say otherwise. */
export function attestationStatement(
  credentialId: string,
  publicKey: Uint8Array,
  changes: Partial<AttestationStatement> = {},
): AttestationStatement {
  return {
    version: 'chancery-attestation-1',
    credentialId,
    signerId: 'signer-1',
    keyType: 'p-256',
    publicKeySha256: publicKeySha256(publicKey),
    wrappingKeyId: '00ff',
    profile: 'dev',
    generatedAt: Date.now(),
    ...changes,
  }
}

export function attest(identityKey: KeyObject, stated: AttestationStatement): Attestation {
  const statement = attestationBytes(stated)
  return { statement, signature: sign('sha256', statement, identityKey) }
}
