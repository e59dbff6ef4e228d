import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import pg, { type Client, type ClientConfig } from 'pg'
import knexPackage, { type Knex } from 'knex'
import { migrationSource, type Migration } from '../migration.ts'
import { DatabaseUnavailable, guardSession, isIdle } from './guardSession.ts'
import { typeParsers } from './typeParsers.ts'

/** Where a PostgreSQL database is, and as whom we are there. */
export interface PostgresPlace {
  /** The folder of a Unix socket, or a host. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  /** Read at each connection. Undefined where the server asks for none. */
  readonly passwordFile: string | undefined
  /** Undefined for a Unix socket only. PEM files, read once. */
  readonly tls: PostgresTls | undefined
}

export interface PostgresTls {
  /** Of whom the server's certificate must come, for its very host. */
  readonly authority: string
  readonly certificate?: string | undefined
  readonly key?: string | undefined
}

/** The server ends what takes longer; ours is the last word, for a server that is silent. */
const STATEMENT_MS = 10_000
const LOCK_MS = 5_000
const SILENCE_MS = 15_000
const CONNECT_MS = 5_000
/** A transaction whose process was frozen gives its locks up. */
const IDLE_IN_TRANSACTION_MS = 30_000

const OLDEST = 130_000

/**
 * A pool of at most `connections` to a PostgreSQL database. Transactions are READ COMMITTED. A server that does not put
 * commits on the disk is refused at each connection. Reads the files of `place` at once; throws if it cannot.
 */
export function connectPostgres(
  place: PostgresPlace,
  options: {
    readonly migrations: readonly Migration[]
    readonly connections: number
    readonly name: string
    /** After which a server that does not answer is given up. */
    readonly silenceMilliseconds?: number
  },
): Knex {
  const { name, silenceMilliseconds = SILENCE_MS } = options
  const settings = { ...connectionSettings(place, name), query_timeout: silenceMilliseconds }
  const knex = knexPackage({
    client: 'pg',
    version: String(OLDEST / 10_000),
    // For knex's messages; `connected` makes the connections.
    connection: { host: place.host, database: place.database },
    // An error must not carry the values of the statement that failed.
    compileSqlOnError: false,
    // It would write its warnings to the standard output, beside the log.
    log: { warn: () => undefined },
    acquireConnectionTimeout: silenceMilliseconds,
    pool: { min: 0, max: options.connections, validate: isIdle },
    migrations: { migrationSource: migrationSource(options.migrations) },
  })
  Object.defineProperty(knex.client, 'acquireRawConnection', { value: () => connected(settings) })
  return knex
}

/** Whatever the driver, TLS or the system says when there is no connection, it is one error. */
async function connected(settings: ClientConfig): Promise<Client> {
  const connection = new pg.Client(settings)
  guardSession(connection)
  try {
    await connection.connect()
    await requireFit(connection)
    return connection
  } catch (error) {
    // The driver leaves it open where it gave up itself.
    connection.end().catch(() => undefined)
    if (error instanceof DatabaseUnavailable) throw error
    throw new DatabaseUnavailable('the database cannot be reached', { cause: error })
  }
}

function connectionSettings(place: PostgresPlace, name: string): ClientConfig {
  const { host, port, user, database, passwordFile, tls } = place
  const password = passwordFile === undefined ? '' : readFileSync(passwordFile, 'utf8').trim()
  return {
    host,
    port,
    user,
    database,
    // As a function it is not printed with the rest; and where there is none, none is looked for elsewhere.
    password: () => password,
    ssl: tls === undefined ? false : tlsSettings(tls),
    enableChannelBinding: tls !== undefined,
    application_name: name,
    statement_timeout: STATEMENT_MS,
    connectionTimeoutMillis: CONNECT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    // Whatever the environment says.
    options: `-c lock_timeout=${LOCK_MS} -c default_transaction_isolation=read\\ committed -c client_encoding=UTF8 -c bytea_output=hex`,
    types: typeParsers,
  }
}

function tlsSettings({ authority, certificate, key }: PostgresTls): ConnectionOptions {
  return {
    ca: readFileSync(authority, 'utf8'),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(certificate !== undefined && { cert: readFileSync(certificate, 'utf8') }),
    ...(key !== undefined && { key: readFileSync(key, 'utf8') }),
  }
}

/** Without these a commit that was acknowledged may be lost. */
const DURABLE = ['fsync', 'full_page_writes', 'synchronous_commit'] as const
const SETTINGS = `select ${[...DURABLE, 'server_encoding', 'server_version_num']
  .map((name) => `current_setting('${name}') as ${name}`)
  .join(', ')}`

function requireFit(connection: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query(SETTINGS, (error: Error | null, result: { readonly rows: readonly unknown[] }) => {
      const problem = error === null ? unfitBecause(result.rows[0]) : undefined
      if (error === null && problem === undefined) resolve()
      else reject(error ?? new DatabaseUnavailable(problem))
    })
  })
}

function unfitBecause(row: unknown): string | undefined {
  const setting = (name: string): unknown =>
    typeof row === 'object' && row !== null ? Reflect.get(row, name) : undefined
  const off = DURABLE.find((name) => setting(name) === 'off')
  if (off !== undefined) return `the PostgreSQL server may lose commits: ${off} is off`
  if (setting('server_encoding') !== 'UTF8') return 'the PostgreSQL database is not in UTF8'
  if (!(Number(setting('server_version_num')) >= OLDEST)) return 'the PostgreSQL server is older than 13'
  return undefined
}
