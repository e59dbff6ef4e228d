import { existsSync } from 'node:fs'
import { copyFile, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Knex } from 'knex'
import type { DatabaseConfig } from '../../store/databaseConfig.ts'
import { openStore } from '../../store/openStore.ts'
import { postgresServer, type PostgresServer } from './postgres.ts'

/** Whether this test run keeps the state of what it tests in PostgreSQL: test/postgres.mocharc.cjs. */
export const isOnPostgres = process.env['CHANCERY_TEST_DATABASE'] === 'postgres'

/** The database of one process under test: a SQLite file, or an empty database of the run's PostgreSQL server. */
export interface SiteDatabase {
  /** What stands under `database` in the configuration. */
  readonly document: Readonly<Record<string, unknown>>
  readonly config: DatabaseConfig
  /** A connection beside those of the process itself. */
  open(): Knex
  /** Keeps the state as it is now, while nobody is connected. Returns how it is put back. */
  keep(): Promise<() => Promise<void>>
  /** All that it holds, as bytes: the files, or the texts of all rows. */
  contents(): Promise<Buffer>
  /** As if it never was. */
  lose(): Promise<void>
  /** Removes what is not in the folder. */
  dispose(): Promise<void>
}

/** Of the names of SQLite's files. */
const ENDINGS = ['', '-wal', '-shm']

/** In `folder`, if it is a file. */
export function newSiteDatabase(folder: string, name: string): Promise<SiteDatabase> {
  return isOnPostgres ? onPostgres() : Promise.resolve(onSqlite(folder, name))
}

function onSqlite(folder: string, name: string): SiteDatabase {
  const file = join(folder, name)
  return {
    document: { file: name },
    config: { file },
    open: () => opened({ file }),
    async keep() {
      await copyFile(file, `${file}.kept`)
      return async () => {
        await removeSqlite(file)
        await copyFile(`${file}.kept`, file)
      }
    },
    async contents() {
      const files = ENDINGS.map((ending) => `${file}${ending}`).filter((name) => existsSync(name))
      return Buffer.concat(await Promise.all(files.map((name) => readFile(name))))
    },
    lose: () => removeSqlite(file),
    dispose: () => Promise.resolve(),
  }
}

async function removeSqlite(file: string): Promise<void> {
  for (const ending of ENDINGS) await rm(`${file}${ending}`, { force: true })
}

async function onPostgres(): Promise<SiteDatabase> {
  const server = await postgresServer()
  const made = await server.newDatabase()
  const { place } = made
  const { host, port, user, database, passwordFile } = place
  const copy = `${database}_kept`
  const recreate = async (from: string, to: string): Promise<void> => {
    await server.asSuperuser(`drop database if exists ${to} with (force)`)
    await server.asSuperuser(`create database ${to} owner ${user} template ${from}`)
  }
  return {
    document: { postgres: { socket: host, port, user, database, passwordFile } },
    config: { postgres: place },
    open: () => opened({ postgres: place }),
    async keep() {
      await recreate(database, copy)
      return () => recreate(copy, database)
    },
    contents: async () => Buffer.from(JSON.stringify(await rowsOfAll(server, database))),
    lose: () => recreate('template1', database),
    async dispose() {
      await server.asSuperuser(`drop database if exists ${copy} with (force)`)
      await made.drop()
    },
  }
}

async function rowsOfAll(server: PostgresServer, database: string): Promise<readonly unknown[]> {
  const tables = await server.asSuperuser(
    `select tablename from pg_tables where schemaname = 'public'`,
    database,
  )
  const names = tables.map((table) => String(Reflect.get(Object(table), 'tablename')))
  return Promise.all(
    names.map((name) => server.asSuperuser(`select all_columns::text from ${name} as all_columns`, database)),
  )
}

function opened(config: DatabaseConfig): Knex {
  return openStore(config, { mode: 'rw', migrations: [], name: 'test' })
}
