import type { Knex } from 'knex'
import { chainHash, leafHash } from '../../sap/canonical.ts'
import { EMPTY_HEAD, type JournalHead, type JournalRow } from './journalRow.ts'
import type { Checkpoint } from './checkpoint.ts'

/** A journal that is not the one that was written: changed, cut off or exchanged. */
export class JournalBroken extends Error {
  override readonly name = 'JournalBroken'
}

const PAGE = 2_000

/**
 * Walks a chain from its first entry: every leaf is the hash of its text, every chain value follows, no number
 * is missing. The checkpoint that the token keeps must lie on it; a chain that goes on after it is accepted, since
 * the database is written first. Every record that the chain names is at the version that it names last. Returns
 * where the chain stands. Throws JournalBroken.
 */
export async function verifyJournal(
  knex: Knex,
  chain: string,
  checkpoint: Checkpoint | undefined,
): Promise<JournalHead> {
  let head = EMPTY_HEAD
  const versions = new Map<string, number>()
  for (;;) {
    const page: JournalRow[] = await knex<JournalRow>('journal')
      .where({ node: chain })
      .where('sequence', '>', head.sequence)
      .orderBy('sequence')
      .limit(PAGE)
    for (const row of page) {
      head = follow(head, row)
      for (const [record, version] of recordsIn(row.event)) versions.set(record, version)
      if (checkpoint?.sequence === head.sequence && !checkpoint.chain.equals(head.chain))
        throw new JournalBroken(`entry ${head.sequence} is not the one of the token's checkpoint`)
    }
    if (page.length < PAGE) break
  }
  if (checkpoint !== undefined && checkpoint.sequence > head.sequence)
    throw new JournalBroken(`ends at ${head.sequence}, before the token's checkpoint ${checkpoint.sequence}`)
  await requireNewest(knex, versions)
  return head
}

/** The record versions that an entry says were written. */
function recordsIn(event: string): readonly (readonly [string, number])[] {
  const parsed: unknown = JSON.parse(event)
  const records = typeof parsed === 'object' && parsed !== null && 'records' in parsed ? parsed.records : []
  if (!Array.isArray(records)) return []
  return records.map((text: unknown) => {
    const [record = '', version = ''] = String(text).split('@')
    return [record, Number(version)] as const
  })
}

/** Each record is at the version that the journal saw last: a single row that was put back has a good MAC, too. */
async function requireNewest(knex: Knex, versions: Map<string, number>): Promise<void> {
  let after = { kind: '', id: '' }
  for (;;) {
    const page: { kind: string; id: string; version: number }[] = await knex('record')
      .whereRaw('(kind, id) > (?, ?)', [after.kind, after.id])
      .orderBy(['kind', 'id'])
      .limit(PAGE)
      .select('kind', 'id', 'version')
    for (const { kind, id, version } of page) {
      const name = `${kind}/${id}`
      const newest = versions.get(name)
      if (newest !== undefined && newest !== version)
        throw new JournalBroken(`saw ${name} at version ${newest}, the database has ${version}`)
      versions.delete(name)
    }
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) break
    after = last
  }
  const [missing] = versions.keys()
  if (missing !== undefined) throw new JournalBroken(`saw ${missing}, which the database does not have`)
}

/** Where the chain stands after an entry that follows `head`. Throws JournalBroken if it does not. */
export function follow(head: JournalHead, row: JournalRow): JournalHead {
  const sequence = head.sequence + 1
  if (row.sequence !== sequence) throw new JournalBroken(`entry ${sequence} is missing`)
  const leaf = leafHash(Buffer.from(row.event))
  const chain = chainHash(head.chain, leaf)
  if (!leaf.equals(row.leaf) || !chain.equals(row.chain))
    throw new JournalBroken(`entry ${sequence} was changed`)
  return { sequence, chain, time: row.time }
}
