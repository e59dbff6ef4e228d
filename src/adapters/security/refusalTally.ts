import { randomUUID } from 'node:crypto'
import { canonicalJson } from '../../../sap/canonical.ts'
import type { Clock } from '../../domain/time.ts'
import type { Audit } from '../../ports/audit.ts'
import type { Log } from '../../ports/log.ts'
import type { RefusalKind, RefusalTally } from '../../ports/refusalTally.ts'

interface Deps {
  readonly audit: Audit
  readonly clock: Clock
  readonly log: Log
}

export interface RunningTally extends RefusalTally {
  /** Writes what was counted and not yet written. */
  close(): Promise<void>
}

type Counts = Map<string, { readonly kind: RefusalKind; count: number }>

/**
 * Counts in memory, and writes one event `everyMs` after the first refusal that is in no event yet. What cannot be
 * written is kept for the next one. A killed process loses what it counted since the last; its log has every refusal.
 */
export function createRefusalTally(deps: Deps, everyMs: number): RunningTally {
  let counts: Counts = new Map()
  let from = 0
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  async function write(): Promise<void> {
    timer = undefined
    if (counts.size === 0) return
    const taken = { counts, from }
    counts = new Map()
    try {
      await deps.audit.record({
        type: 'refusals-counted',
        requestId: randomUUID(),
        from: taken.from,
        until: deps.clock.now(),
        counts: [...taken.counts.values()].map(({ kind, count }) => ({ ...kind, count })),
      })
    } catch (error) {
      deps.log.error({ event: 'journal-failed', err: error }, 'refusals could not be journalled yet')
      for (const { kind, count } of taken.counts.values()) add(kind, count)
      from = taken.from
    }
  }

  function add(kind: RefusalKind, count: number): void {
    if (counts.size === 0) from = deps.clock.now()
    const key = canonicalJson({ ...kind })
    const known = counts.get(key)
    if (known === undefined) counts.set(key, { kind, count })
    else known.count += count
    timer ??= setTimeout(() => {
      writing = write()
    }, everyMs).unref()
  }

  return {
    count(kind) {
      add(kind, 1)
    },
    async close() {
      clearTimeout(timer)
      await writing
      await write()
      // After a last write that failed.
      clearTimeout(timer)
    },
  }
}
