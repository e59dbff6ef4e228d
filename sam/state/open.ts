import type { Knex } from 'knex'
import { nameOfDatabase, type DatabaseConfig } from '../../store/databaseConfig.ts'
import { openStore, storeExists } from '../../store/openStore.ts'
import { migration0001 } from './migrations/0001init.ts'
import { migration0002 } from './migrations/0002noticeDestination.ts'
import { migration0003 } from './migrations/0003otpExpiry.ts'

const MIGRATIONS = [migration0001, migration0002, migration0003]
const STORE = { migrations: MIGRATIONS, name: 'chancery-sam' }
/** Of PostgreSQL. Of SQLite one: they all share one thread and one file. */
const READERS = 2

/** Reads go on while the one writer of this node commits: of SQLite, WAL lets them. */
export interface Database {
  readonly write: Knex
  readonly read: Knex
  close(): Promise<void>
}

/** Makes the database of a new SAM. Throws if there is one. */
export async function createDatabase(database: DatabaseConfig): Promise<void> {
  if (await storeExists(database)) throw new Error(`${nameOfDatabase(database)} exists`)
  const knex = openStore(database, { ...STORE, mode: 'rwc' })
  try {
    await knex.migrate.latest()
  } finally {
    await knex.destroy()
  }
}

/** Opens the SAM's database. A missing one is an error: an empty ledger would be a rollback. */
export async function openDatabase(database: DatabaseConfig): Promise<Database> {
  if (!(await storeExists(database)))
    throw new Error(`${nameOfDatabase(database)} does not exist; provision the SAM first`)
  const write = openStore(database, { ...STORE, mode: 'rw' })
  await write.migrate.latest()
  const read = openStore(database, { ...STORE, mode: 'rw', connections: READERS })
  return {
    write,
    read,
    async close() {
      await read.destroy()
      await write.destroy()
    },
  }
}
