import type { Hsm } from '../hsm/hsm.ts'
import { writeLockMark } from './journal/tokenMarks.ts'
import type { SamState } from './samState.ts'
import type { Writer } from './state/writer.ts'

/** The way into LOCKED. `acceptState` is the way out. */
export interface Lockdown {
  /** In memory at once; resolves when journal and token know it too, so that a restart does not forget it. */
  lock(reason: string): Promise<void>
  /** Resolves when nothing of an earlier `lock` is under way any more. */
  settled(): Promise<void>
}

export function createLockdown(deps: {
  readonly state: SamState
  readonly writer: Writer
  readonly hsm: Pick<Hsm, 'writeData'>
  readonly node: string
}): Lockdown {
  let remembering: Promise<void> = Promise.resolve()
  return {
    lock(reason) {
      if (deps.state.lockedBecause() === undefined) {
        deps.state.lock(reason)
        remembering = remember(deps, reason)
      }
      return remembering
    },
    settled: () => remembering,
  }
}

async function remember(deps: Parameters<typeof createLockdown>[0], reason: string): Promise<void> {
  // Locked all the same if one of them fails: the record that is wrong will be found again.
  await Promise.allSettled([
    deps.writer.write((unit) => {
      unit.record({ type: 'SAM_LOCKED', fields: { reason } })
      return Promise.resolve()
    }),
    writeLockMark(deps.hsm, deps.node, reason),
  ])
}
