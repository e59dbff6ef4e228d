import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { PostgresPlace } from '../../store/postgres/connectPostgres.ts'

/** A PostgreSQL server of this test run alone: in a folder of its own, not as root, commits on the disk. */
export interface PostgresServer {
  /** Of its Unix socket. It listens on nothing else unless the settings say so. */
  readonly folder: string
  readonly port: number
  /** An empty database of a role that may do nothing outside of it. */
  newDatabase(): Promise<PostgresDatabase>
  /** Runs a statement as the superuser. */
  asSuperuser(statement: string, database?: string): Promise<readonly unknown[]>
  stop(): Promise<void>
}

export interface PostgresDatabase {
  readonly place: PostgresPlace
  /** Ends its connections and removes it. */
  drop(): Promise<void>
}

let shared: Promise<PostgresServer> | undefined

/** The one server of this test run, started when it is first asked for, gone when the run ends. */
export function postgresServer(): Promise<PostgresServer> {
  shared ??= startPostgres()
  return shared
}

/** Starts another one. `settings` go to its command line; `files` are its own, in its folder, where paths begin. */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  const bin = programs()
  const owner = ownerOfServers()
  const folder = mkdtempSync(join(tmpdir(), 'chancery-postgres-'))
  const port = Number(settings['port'] ?? 5432)
  const password = randomBytes(12).toString('hex')
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), content, { mode: 0o600 })
  for (const path of ['', 'password', ...Object.keys(files)].map((name) => join(folder, name)))
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid)
  const data = join(folder, 'data')
  const init = [
    '-D',
    data,
    '--no-sync',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--username=postgres',
  ]
  const [program, ...words] = asOwner(owner, [
    join(bin, 'initdb'),
    ...init,
    '--encoding=UTF8',
    '--locale=C.UTF-8',
  ])
  execFileSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' })
  const child = runServer(
    asOwner(owner, [join(bin, 'postgres'), '-D', data, ...serverOptions(folder, port, settings)]),
    asOwner(owner, [join(bin, 'pg_ctl'), 'stop', '-D', data, '-m', 'immediate']),
    folder,
  )
  const connection = { host: folder, port, user: 'postgres', password }
  await ready(connection, child, folder)
  const asSuperuser = (statement: string, database = 'postgres'): Promise<readonly unknown[]> =>
    rowsOf({ ...connection, database }, statement)
  return {
    folder,
    port,
    newDatabase: () => newDatabase({ folder, port, asSuperuser }),
    asSuperuser,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function programs(): string {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root)
    ? readdirSync(root)
        .map(Number)
        .sort((a, b) => b - a)
    : []
  if (versions[0] === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql')
  return join(root, String(versions[0]), 'bin')
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root. Undefined where we are somebody else. */
function ownerOfServers(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  if (user === undefined) throw new Error('there is no user to run PostgreSQL as')
  return { uid: Number(user[2]), gid: Number(user[3]) }
}

type Words = readonly [string, ...string[]]

/** As that user, and ended if we are killed. */
function asOwner(owner: Owner | undefined, words: readonly string[]): Words {
  const ids = owner === undefined ? [] : [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups']
  return ['setpriv', ...ids, '--pdeathsig=INT', ...words]
}

function serverOptions(
  folder: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): readonly string[] {
  const all = {
    listen_addresses: '',
    unix_socket_directories: folder,
    port: String(port),
    shared_buffers: '64MB',
    ...settings,
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

function runServer([program, ...words]: Words, stop: Words, folder: string): ChildProcess {
  const log = openSync(join(folder, 'log'), 'a')
  const child = spawn(program, words, { stdio: ['ignore', log, log], cwd: '/' })
  process.once('exit', () => {
    if (!existsSync(folder)) return
    try {
      execFileSync(stop[0], stop.slice(1), { stdio: 'ignore', cwd: '/' })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
  return child
}

async function ready(connection: pg.ClientConfig, child: ChildProcess, folder: string): Promise<void> {
  for (let tries = 0; child.exitCode === null && tries < 200; tries++) {
    try {
      await rowsOf({ ...connection, database: 'postgres' }, 'select 1')
      return
    } catch {
      await sleep(50)
    }
  }
  throw new Error(`PostgreSQL did not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-2000)}`)
}

async function rowsOf(connection: pg.ClientConfig, statement: string): Promise<readonly unknown[]> {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}

let made = 0

async function newDatabase({
  folder,
  port,
  asSuperuser,
}: Pick<PostgresServer, 'folder' | 'port' | 'asSuperuser'>): Promise<PostgresDatabase> {
  const name = `site_${++made}`
  const password = randomBytes(12).toString('hex')
  const passwordFile = join(folder, `${name}.password`)
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  await asSuperuser(`create role ${name} login password '${password}'`)
  await asSuperuser(`create database ${name} owner ${name}`)
  return {
    place: { host: folder, port, user: name, database: name, passwordFile, tls: undefined },
    async drop() {
      await asSuperuser(`drop database ${name} with (force)`)
      await asSuperuser(`drop role ${name}`)
      rmSync(passwordFile)
    },
  }
}
