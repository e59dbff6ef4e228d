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
 * the database is written first. Returns where the chain stands. Throws JournalBroken.
 */
export async function verifyJournal(
  knex: Knex,
  chain: string,
  checkpoint: Checkpoint | undefined,
): Promise<JournalHead> {
  let head = EMPTY_HEAD
  for (;;) {
    const page: JournalRow[] = await knex<JournalRow>('journal')
      .where({ node: chain })
      .where('sequence', '>', head.sequence)
      .orderBy('sequence')
      .limit(PAGE)
    for (const row of page) {
      head = follow(head, row)
      if (checkpoint?.sequence === head.sequence && !checkpoint.chain.equals(head.chain))
        throw new JournalBroken(`entry ${head.sequence} is not the one of the token's checkpoint`)
    }
    if (page.length < PAGE) break
  }
  if (checkpoint !== undefined && checkpoint.sequence > head.sequence)
    throw new JournalBroken(`ends at ${head.sequence}, before the token's checkpoint ${checkpoint.sequence}`)
  return head
}

function follow(head: JournalHead, row: JournalRow): JournalHead {
  const sequence = head.sequence + 1
  if (row.sequence !== sequence) throw new JournalBroken(`entry ${sequence} is missing`)
  const leaf = leafHash(Buffer.from(row.event))
  const chain = chainHash(head.chain, leaf)
  if (!leaf.equals(row.leaf) || !chain.equals(row.chain))
    throw new JournalBroken(`entry ${sequence} was changed`)
  return { sequence, chain, time: row.time }
}
