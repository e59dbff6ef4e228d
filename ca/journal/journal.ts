import { z } from 'zod'
import { EMPTY_CHAIN, canonicalJson, chainHash, leafHash, type Canonical } from '../../sap/canonical.ts'
import type { Database, Transaction } from '../state/open.ts'

export type EventType =
  | 'CA_PROVISIONED'
  | 'CA_STARTED'
  | 'CA_STOPPED'
  | 'CERTIFICATE_BEGUN'
  | 'CERTIFICATE_ISSUED'
  | 'CERTIFICATE_ABANDONED'
  | 'REFUSED'

/** One event. `fields` are ids, digests, counts, codes and reasons that we wrote: never the name of a person. */
export interface JournalEvent {
  readonly type: EventType
  readonly requestId?: string | undefined
  readonly fields: Readonly<Record<string, Canonical>>
}

/** A journal that is not the one that was written: changed, cut off or exchanged. */
export class JournalBroken extends Error {
  override readonly name = 'JournalBroken'
}

const headRows = z.array(z.object({ sequence: z.number(), chain: z.instanceof(Buffer) }))
const entryRows = z.array(
  z.object({
    sequence: z.number(),
    time: z.number(),
    type: z.string(),
    request_id: z.string().nullable(),
    event: z.string(),
    leaf: z.instanceof(Buffer),
    chain: z.instanceof(Buffer),
  }),
)
const written = z.looseObject({
  node: z.string(),
  sequence: z.number(),
  time: z.number(),
  type: z.string(),
  requestId: z.string().optional(),
})
const PAGE = 1000

/**
 * The CA's own record of what it did and refused, chained from the first entry on; the form is that of the SAM's. An
 * entry is written in the transaction that it tells of.
 */
export class Journal {
  readonly #node: string
  readonly #now: () => number

  constructor(deps: { readonly node: string; now(): number }) {
    this.#node = deps.node
    this.#now = () => deps.now()
  }

  /** Durable when the transaction is. */
  async record(trx: Transaction, event: JournalEvent): Promise<void> {
    const [last] = headRows.parse(
      await trx('journal')
        .where({ node: this.#node })
        .orderBy('sequence', 'desc')
        .limit(1)
        .select('sequence', 'chain'),
    )
    const sequence = (last?.sequence ?? 0) + 1
    const time = this.#now()
    const text = canonicalJson({
      node: this.#node,
      sequence,
      time,
      type: event.type,
      ...(event.requestId !== undefined && { requestId: event.requestId }),
      ...event.fields,
    })
    const leaf = leafHash(Buffer.from(text))
    const chain = chainHash(last?.chain ?? EMPTY_CHAIN, leaf)
    await trx('journal').insert({
      node: this.#node,
      sequence,
      time,
      type: event.type,
      request_id: event.requestId ?? null,
      event: text,
      leaf,
      chain,
    })
  }

  /** Walks the chain from its first entry; answers how many there are. Throws JournalBroken. */
  async verify(knex: Database): Promise<number> {
    let count = 0
    let chain = EMPTY_CHAIN
    for (;;) {
      const page = entryRows.parse(
        await knex('journal')
          .where({ node: this.#node })
          .where('sequence', '>', count)
          .orderBy('sequence')
          .limit(PAGE),
      )
      if (page.length === 0) return count
      for (const row of page) {
        count++
        chain = chainHash(chain, leafHash(Buffer.from(row.event)))
        if (!chain.equals(row.chain) || !this.#isIndexedRightly(row, count))
          throw new JournalBroken(`entry ${count} of the journal is not what was written`)
      }
    }
  }

  /** The columns say what the text says: a query by request id finds what was written under it. */
  #isIndexedRightly(row: z.infer<typeof entryRows>[number], sequence: number): boolean {
    const text = written.safeParse(JSON.parse(row.event))
    return (
      text.success &&
      text.data.node === this.#node &&
      text.data.sequence === sequence &&
      row.sequence === sequence &&
      text.data.time === row.time &&
      text.data.type === row.type &&
      (text.data.requestId ?? null) === row.request_id &&
      leafHash(Buffer.from(row.event)).equals(row.leaf)
    )
  }
}
