import { existsSync } from 'node:fs'
import type { Knex } from 'knex'
import { connect } from '../../store/connect.ts'
import { migration0001 } from './migrations/0001init.ts'
import { migration0002 } from './migrations/0002noticeDestination.ts'
import { migration0003 } from './migrations/0003otpExpiry.ts'

const MIGRATIONS = [migration0001, migration0002, migration0003]

/** Two connections on one file: WAL lets reads go on while the one writer commits. */
export interface Database {
  readonly write: Knex
  readonly read: Knex
  close(): Promise<void>
}

/** Makes the database of a new SAM. Throws if there is one. */
export async function createDatabase(file: string): Promise<void> {
  if (existsSync(file)) throw new Error(`database.file: ${file} exists`)
  const knex = connect(file, { mode: 'rwc', migrations: MIGRATIONS })
  await knex.migrate.latest()
  await knex.destroy()
}

/** Opens the SAM's database. A missing file is an error: an empty ledger would be a rollback. */
export async function openDatabase(file: string): Promise<Database> {
  if (!existsSync(file)) throw new Error(`database.file: ${file} does not exist; provision the SAM first`)
  const write = connect(file, { mode: 'rw', migrations: MIGRATIONS })
  await write.migrate.latest()
  const read = connect(file, { mode: 'rw', migrations: MIGRATIONS })
  return {
    write,
    read,
    async close() {
      await read.destroy()
      await write.destroy()
    },
  }
}
