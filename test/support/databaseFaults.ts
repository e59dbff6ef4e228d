import type { Knex } from 'knex'
import { sqlOf } from '../../store/sql.ts'

/** What an operator or a disk does to a database, on the one writing connection of a process. */
interface Fault {
  readonly make: readonly string[]
  readonly undo: readonly string[]
}

type Kind = 'readOnly' | 'full'

const ON_SQLITE: Readonly<Record<Kind, Fault>> = {
  readOnly: { make: ['PRAGMA query_only = ON'], undo: ['PRAGMA query_only = OFF'] },
  // No page to grow into: what needs more room than the last page has fails with SQLITE_FULL.
  full: { make: ['PRAGMA max_page_count = 1'], undo: ['PRAGMA max_page_count = 1000000'] },
}

const TABLES = ['activation', 'occurrence']

const ON_POSTGRES: Readonly<Record<Kind, Fault>> = {
  readOnly: {
    make: ['set default_transaction_read_only = on'],
    undo: ['set default_transaction_read_only = off'],
  },
  // As a server whose disk is full answers, for the tables that grow fastest.
  full: {
    make: [
      `create function is_full() returns trigger language plpgsql as
        $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$`,
      ...TABLES.map((name) => `create trigger is_full before insert on ${name} execute function is_full()`),
    ],
    undo: ['drop function is_full cascade'],
  },
}

function faultOf(write: Knex, kind: Kind): Fault {
  const { emptyLog } = sqlOf(write).dialect
  return (emptyLog === undefined ? ON_POSTGRES : ON_SQLITE)[kind]
}

/** From now on writes fail: `readOnly`, all of them; `full`, those that need room. */
export async function breakDatabase(write: Knex, kind: Kind): Promise<void> {
  for (const statement of faultOf(write, kind).make) await write.raw(statement)
}

export async function mendDatabase(write: Knex, kind: Kind): Promise<void> {
  for (const statement of faultOf(write, kind).undo) await write.raw(statement)
}
