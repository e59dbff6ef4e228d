import { createHash, randomUUID } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { SAM_OPERATIONS, type Role, type SamOperations } from '../../sap/operations.ts'
import { createOperationClient, type OperationClient } from '../../sap/transport/client.ts'
import { makePeerAuthority, makeTlsIdentity, type TlsIdentity } from './peerCertificates.ts'
import { newSiteDatabase, type SiteDatabase } from './siteDatabase.ts'
import { makeSoftHsm, type SoftHsm } from './softhsm.ts'
import { makeAuthority, pemOf, type TestAuthority } from './testPki.ts'

export type SamClient = OperationClient<SamOperations>

/** A message that the SAM delivered through its file channel. */
export interface Delivered {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly code?: string
  readonly time: number
}

/** Everything that a SAM needs on disk to be provisioned and started: configuration, certificates, SoftHSM. */
export interface SamFolder {
  readonly folder: string
  readonly configFile: string
  readonly database: SiteDatabase
  readonly softHsm: SoftHsm
  readonly url: string
  readonly socketPath: string
  readonly peerAuthority: TestAuthority
  /** Signers' certificates come from here. */
  readonly issuer: TestAuthority
  readonly identities: Readonly<Record<Role, TlsIdentity>>
  /** A new client with its own connections. */
  client(role: Role): SamClient
  /** Everything delivered so far, oldest first. */
  outbox(): Promise<readonly Delivered[]>
  dispose(): Promise<void>
}

export interface SamFolderOptions {
  /** Merged over the defaults of `sam.yaml`, top level. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Another PKCS#11 module than SoftHSM itself, e.g. the one that makes faults. */
  readonly module?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Where that module keeps its tokens; one of its own without. */
  readonly softHsm?: SoftHsm
  readonly callSeconds?: number
}

export const POLICIES = {
  otp: { scal: '2', multisign: 200, factors: ['otp'], minimumGrade: 'plain-otp' },
  'otp-many': { scal: '2', multisign: 1000, factors: ['otp'], minimumGrade: 'plain-otp' },
  'otp-pin': { scal: '2', multisign: 200, factors: ['otp', 'pin'], minimumGrade: 'plain-otp' },
  'bound-otp': { scal: '2', multisign: 200, factors: ['otp'], minimumGrade: 'bound-otp' },
  totp: { scal: '2', multisign: 200, factors: ['totp'], minimumGrade: 'plain-otp' },
  'totp-pin': { scal: '2', multisign: 200, factors: ['totp', 'pin'], minimumGrade: 'plain-otp' },
  'scal1-otp': { scal: '1', multisign: 5, factors: ['otp'], minimumGrade: 'plain-otp' },
  'late-otp': { scal: '2', multisign: 3, factors: ['otp'], minimumGrade: 'plain-otp', lateHashes: true },
  'late-totp-pin': {
    scal: '2',
    multisign: 3,
    factors: ['totp', 'pin'],
    minimumGrade: 'plain-otp',
    lateHashes: true,
  },
  'pin-or-otp': { scal: '1', multisign: 5, factors: 'pin OR otp', minimumGrade: 'static' },
  'pin-xor-otp': { scal: '1', multisign: 5, factors: 'pin XOR otp', minimumGrade: 'static' },
  'any-code-pin': {
    scal: '2',
    multisign: 200,
    factors: 'pin AND (otp OR totp)',
    minimumGrade: 'plain-otp',
  },
  'code-of-pin-or-otp': { scal: '2', multisign: 5, factors: 'pin OR otp', minimumGrade: 'plain-otp' },
  'bound-of-any': { scal: '2', multisign: 5, factors: 'otp OR totp', minimumGrade: 'bound-otp' },
  documents: { scal: '2', multisign: 5, factors: ['otp'], minimumGrade: 'plain-otp', signs: 'documents' },
  hashes: { scal: '2', multisign: 5, factors: ['otp'], minimumGrade: 'plain-otp', signs: 'hashes' },
  pin: { scal: '1', multisign: 5, factors: ['pin'], minimumGrade: 'static' },
}

const ROLES: readonly Role[] = ['ssa', 'ra', 'ca', 'officer']

/** Makes the folder; nothing is provisioned yet. */
export async function makeSamFolder(options: SamFolderOptions = {}): Promise<SamFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'chancery-sam-'))
  const softHsm = options.softHsm ?? (await makeSoftHsm())
  const peerAuthority = await makePeerAuthority()
  const issuer = await makeAuthority({ name: 'CN=Test Issuing CA, O=Test, C=DK' })
  const identities = await writeFiles(folder, { peerAuthority, issuer })
  const configFile = join(folder, 'sam.yaml')
  const database = await newSiteDatabase(folder, 'sam.db')
  await writeFile(configFile, stringify(document({ folder, softHsm, database }, options)))
  const socketPath = join(folder, 'sap.sock')
  const url = 'https://localhost'
  return {
    folder,
    configFile,
    database,
    softHsm,
    url,
    socketPath,
    peerAuthority,
    issuer,
    identities,
    client: (role) =>
      createOperationClient({ operations: SAM_OPERATIONS, url, socketPath, tls: identities[role] }),
    outbox: () => readOutbox(join(folder, 'outbox')),
    async dispose() {
      await database.dispose()
      await rm(folder, { recursive: true, force: true })
      await softHsm.dispose()
    },
  }
}

async function readOutbox(outbox: string): Promise<readonly Delivered[]> {
  const names = (await readdir(outbox)).filter((name) => !name.startsWith('.')).sort()
  return Promise.all(
    names.map(async (name) => {
      // Written by the SAM under test: a wrong shape fails the assertion that reads it.
      return JSON.parse(await readFile(join(outbox, name), 'utf8')) as Delivered // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
    }),
  )
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

function document(
  { folder, softHsm, database }: Pick<SamFolder, 'folder' | 'softHsm' | 'database'>,
  options: SamFolderOptions,
): Record<string, unknown> {
  return {
    profile: 'dev',
    node: 'sam-1',
    listen: { socketPath: 'sap.sock' },
    tls: { certificate: 'tls.crt', key: 'tls.key', authority: 'peers-ca.crt' },
    peers: ROLES.map((role) => ({ name: `${role}-1`, role, certificate: `${role}.crt` })),
    database: database.document,
    hsm: {
      module: options.module ?? softHsm.module,
      token: `sam-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`,
      pinFile: 'pin',
      sessions: 2,
      loginGuardFile: 'login-guard.json',
      environment: { ...softHsm.environment, ...options.environment },
      ...(options.callSeconds === undefined ? {} : { callSeconds: options.callSeconds }),
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
