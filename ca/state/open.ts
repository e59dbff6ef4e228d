import { existsSync } from 'node:fs'
import type { Knex } from 'knex'
import { connect } from '../../store/connect.ts'
import { ConfigError } from '../config.ts'
import { migration0001 } from './migrations/0001init.ts'
import { migration0002 } from './migrations/0002requestHash.ts'

/** The CA's database, and one transaction in it: one connection, so a journal entry always sees the one before. */
export type Database = Knex
export type Transaction = Knex.Transaction

/** Makes the database of a new CA, or brings an existing one to the newest schema. */
export async function createDatabase(file: string): Promise<Database> {
  const knex = connect(file, { mode: 'rwc', migrations: [migration0001, migration0002] })
  await knex.migrate.latest()
  return knex
}

/** Opens the CA's database. Throws ConfigError if there is none: whatever was issued would be forgotten. */
export async function openDatabase(file: string): Promise<Database> {
  if (!existsSync(file))
    throw new ConfigError(`database.file: ${file} does not exist; provision the CA first`)
  return createDatabase(file)
}
