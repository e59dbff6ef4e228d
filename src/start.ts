import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Knex } from 'knex'
import { SAM_OPERATIONS } from '../sap/operations.ts'
import { createOperationClient } from '../sap/transport/client.ts'
import { createClientRegister } from './adapters/db/clientRegister.ts'
import { openJournal } from './adapters/db/journal.ts'
import { openDatabase } from './adapters/db/open.ts'
import { createSessionStore } from './adapters/db/sessionStore.ts'
import { pageTokenKey } from './adapters/db/settings.ts'
import { createUserStore } from './adapters/db/userStore.ts'
import { createServer, harden, listen, stop } from './adapters/httpServer.ts'
import { createMutualTlsListener, type MutualTlsListener } from './adapters/mutualTls.ts'
import { createPdfThreads } from './adapters/pdf/pdfThreads.ts'
import { createPrometheus } from './adapters/prometheus.ts'
import { createSam, type SapClient } from './adapters/sam/samClient.ts'
import { createLoginLimiter } from './adapters/security/loginLimiter.ts'
import { createPasswords } from './adapters/security/passwords.ts'
import { createRefusalTally, type RunningTally } from './adapters/security/refusalTally.ts'
import { createApp } from './api/app.ts'
import { DocumentGate } from './api/documentGate.ts'
import { contractPath } from './api/contract.ts'
import { messageClasses } from './api/messageClasses.ts'
import type { SsaConfig } from './config.ts'
import type { Deps } from './csc/deps.ts'
import { BASIC_CLIENT } from './domain/principal.ts'
import { NO_TOLERANCES, type Tolerances } from './domain/tolerances.ts'
import { systemClock, type Clock } from './domain/time.ts'
import { createApiPage } from './pages/apiPage.ts'
import { LOGO_SVG, logoPng } from './pages/logo.ts'
import { createManagementApp } from './management/app.ts'
import { createOutward } from './outward.ts'
import { startOperationModeA, type OperationModeA } from './operationModeA.ts'
import type { Log } from './ports/log.ts'
import type { Sam } from './ports/sam.ts'

export interface Ssa {
  /** Ports that it listens on. */
  readonly ports: {
    readonly main: number
    readonly mutualTls: number | undefined
    readonly management: number
  }
  /** Stops accepting, lets what runs finish for at most five seconds, closes everything. */
  close(): Promise<void>
}

export interface Surroundings {
  readonly log: Log
  /** Defaults to the system's. */
  readonly clock?: Clock
  /** `address:port` of those that are asked for what others name. Defaults to the system's. */
  readonly nameServers?: readonly string[]
}

const CONTRACTS = [
  { name: 'CSC API, version 1', path: contractPath('csc-v1.yaml') },
  { name: 'CSC API, version 2', path: contractPath('csc-v2.yaml') },
]

/** What reading the PDFs of one request may cost beside their own lengths, in bytes: a second's work or two. */
const PDF_FREE_BYTES = 32 * 1024 * 1024

/** Milliseconds for requests to finish when the process stops. */
const GRACE = 5_000

/** Milliseconds between the first of the refusals that are counted together, and their event. */
const TALLY_EVERY = 60_000

/** Builds the SSA from its configuration and starts listening. Throws if a part is missing: provision it first. */
export async function startSsa(config: SsaConfig, surroundings: Surroundings): Promise<Ssa> {
  const { log, clock = systemClock, nameServers } = surroundings
  const database = await openDatabase(config.database.file)
  const client = connectSam(config)
  const servers: Server[] = []
  let refusals: RunningTally | undefined
  let modeA: OperationModeA | undefined
  const pdfRevisions = createPdfThreads({
    within: config.limits.documentSeconds * 1000,
    freeBytes: PDF_FREE_BYTES,
  })
  const close = async (): Promise<void> => {
    const until = Date.now() + GRACE
    await Promise.all(servers.map((server) => stop(server, GRACE)))
    await modeA?.asynchronous.close(until - Date.now())
    await pdfRevisions.close()
    await refusals?.close()
    // A SAM that does not answer must not keep the process.
    await Promise.race([client.close(), sleep(until - Date.now(), undefined, { ref: false })])
    await database.destroy()
  }
  try {
    const audit = await openJournal(database, config.node, clock)
    refusals = createRefusalTally({ audit, clock, log }, TALLY_EVERY)
    const { callbacks, timestamps } = createOutward(config, { clock, log, nameServers })
    modeA = await startOperationModeA(config, { database, egress: callbacks, audit, clock, log })
    const { asynchronous, published } = modeA
    const deps = await createDeps(config, {
      database,
      client,
      clock,
      audit,
      refusals,
      timestamps,
      asynchronous,
      pdfRevisions,
    })
    const ports = await openListeners(config, { deps, database, log, servers, published })
    return { ports, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Parts {
  readonly deps: Deps
  readonly database: Knex
  readonly log: Log
  readonly published: OperationModeA['published']
  /** Every server that was opened, also when a later one fails. */
  readonly servers: Server[]
}

/** The public listener last: whoever reaches it finds everything else in place. */
async function openListeners(config: SsaConfig, parts: Parts): Promise<Ssa['ports']> {
  const { deps, database, log, servers, published } = parts
  const prometheus = createPrometheus()
  const mutualTls = createMutualTls(config, database, log)
  const app = await createApp({
    deps,
    log,
    metrics: prometheus,
    isBehindProxy: config.listen.trustedProxy,
    clientOf: ({ socket }) => mutualTls?.clientOf(socket) ?? BASIC_CLIENT,
    tolerancesOf: tolerancesOf(config, log),
    documentGate: new DocumentGate(),
    documentBytes: config.limits.documentBytes,
    resources: {
      '/logo.png': { contentType: 'image/png', body: logoPng() },
      '/logo.svg': { contentType: 'image/svg+xml', body: LOGO_SVG },
      '/callback-keys.json': { contentType: 'application/jwk-set+json', body: JSON.stringify(published) },
    },
    pages: { '/api': createApiPage({ contracts: CONTRACTS }) },
  })
  const classes = messageClasses(app)
  const management = createManagementApp({
    audit: deps.audit,
    log,
    checks: createChecks(database, deps),
    metrics: () => prometheus.expose(),
    operatorTokenHash: read(config.management.operatorTokenHashFile).trim().toLowerCase(),
  })
  const open = async (
    server: Server,
    at: { readonly host: string; readonly port: number },
  ): Promise<number> => {
    harden(server, {
      connections: config.limits.connections,
      answerWithin: config.limits.answerSeconds * 1000,
      answerBytes: config.limits.answerBytes,
    })
    servers.push(server)
    return listen(server, at)
  }
  const { tls } = config.listen
  const pem = tls && { cert: read(tls.certificate), key: read(tls.key) }
  return {
    management: await open(createServer(management, undefined), config.management),
    mutualTls:
      mutualTls && config.mutualTls ? await open(mutualTls.serve(app, classes), config.mutualTls) : undefined,
    main: await open(createServer(app, pem, classes), config.listen),
  }
}

/** Looser than the contract only by name, and said at start. */
function tolerancesOf({ clients }: SsaConfig, log: Log): (clientId: string) => Tolerances {
  const known = new Map(Object.entries(clients).map(([id, { tolerances }]) => [id, new Set(tolerances)]))
  for (const [clientId, tolerances] of known)
    log.info({ event: 'tolerances', clientId, tolerances: [...tolerances] }, 'a client with tolerances')
  return (clientId) => known.get(clientId) ?? NO_TOLERANCES
}

function connectSam({ sam }: SsaConfig): SapClient {
  return createOperationClient({
    operations: SAM_OPERATIONS,
    url: sam.url,
    socketPath: sam.socketPath,
    tls: { cert: read(sam.certificate), key: read(sam.key), ca: read(sam.authority) },
  })
}

async function createDeps(
  config: SsaConfig,
  parts: Pick<Deps, 'audit' | 'refusals' | 'clock' | 'timestamps' | 'asynchronous' | 'pdfRevisions'> & {
    readonly database: Knex
    readonly client: SapClient
  },
): Promise<Deps> {
  const { database, client, ...given } = parts
  return {
    sam: createSam(client),
    sessions: createSessionStore(database),
    users: createUserStore(database),
    passwords: await createPasswords(),
    loginLimiter: createLoginLimiter(config.limits),
    ...given,
    authorizeWaitMilliseconds: config.authorization.waitSeconds * 1000,
    service: config.info,
    tokens: config.tokens,
    pageTokenKey: await pageTokenKey(database),
  }
}

function createMutualTls(config: SsaConfig, database: Knex, log: Log): MutualTlsListener | undefined {
  if (config.mutualTls === undefined) return undefined
  const { certificate, key, authority } = config.mutualTls
  const register = createClientRegister(database)
  return createMutualTlsListener({
    tls: { cert: read(certificate), key: read(key), ca: read(authority) },
    findClient: (certificateSha256) => register.find(certificateSha256),
    onRefused: (reason) => {
      log.warn({ event: 'client-refused', reason }, 'connection of an unknown client')
    },
  })
}

function createChecks(database: Knex, deps: Deps): Readonly<Record<string, () => Promise<boolean>>> {
  const ofSam =
    (isWell: (status: Awaited<ReturnType<Sam['status']>>) => boolean) => async (): Promise<boolean> =>
      isWell(await deps.sam.status(randomUUID()))
  return {
    database: async () => {
      await database.raw('SELECT 1')
      return true
    },
    sam: ofSam((status) => status.state === 'OPERATIONAL' && status.database && status.journal),
    hsm: ofSam((status) => status.hsm),
    journal: () => Promise.resolve(deps.audit.isWritable()),
  }
}

function read(file: string): string {
  return readFileSync(file, 'utf8')
}
