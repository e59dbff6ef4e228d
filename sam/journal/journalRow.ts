import { EMPTY_CHAIN, canonicalJson, chainHash, leafHash } from '../../sap/canonical.ts'
import type { JournalEvent } from './events.ts'

/** Where a node's chain stands. */
export interface JournalHead {
  /** 0 before the first entry. */
  readonly sequence: number
  /** SHA-256 over the chain before and the last leaf. */
  readonly chain: Buffer
  /** Of the last entry, milliseconds since 1970. */
  readonly time: number
}

export const EMPTY_HEAD: JournalHead = { sequence: 0, chain: EMPTY_CHAIN, time: 0 }

export interface JournalRow {
  readonly node: string
  readonly sequence: number
  readonly time: number
  readonly type: string
  readonly request_id: string | null
  /** The canonical bytes, as text. */
  readonly event: string
  readonly leaf: Buffer
  readonly chain: Buffer
}

/** The next entry of a node's chain. */
export function journalRow(
  node: string,
  head: JournalHead,
  time: number,
  event: JournalEvent,
): { readonly row: JournalRow; readonly head: JournalHead } {
  const sequence = head.sequence + 1
  const requestId = event.requestId
  const text = canonicalJson({
    node,
    sequence,
    time,
    type: event.type,
    ...(requestId === undefined ? {} : { requestId }),
    ...event.fields,
  })
  const leaf = leafHash(Buffer.from(text))
  const chain = chainHash(head.chain, leaf)
  return {
    row: { node, sequence, time, type: event.type, request_id: requestId ?? null, event: text, leaf, chain },
    head: { sequence, chain, time },
  }
}
