import type { SamDeps } from './deps.ts'

const TOGETHER_MS = 60_000

export interface RejectedConnections {
  /** One more connection was closed for want of a good certificate. */
  note(): void
  /** Resolves when every noted one is in the journal, or could not be written there. */
  flush(): Promise<void>
}

/**
 * Puts rejected connections into the journal (attack S23). Whoever reaches the socket can make any number of them: the
 * first is recorded at once, those of the minute after it as one entry with their number.
 */
export function recordRejectedConnections(
  deps: Pick<SamDeps, 'writer' | 'state'>,
  togetherMs = TOGETHER_MS,
): RejectedConnections {
  let count = 0
  let timer: NodeJS.Timeout | undefined
  let written: Promise<unknown> = Promise.resolve()
  const write = (): void => {
    if (count === 0 || deps.state.name() === 'LOCKED') return
    const fields = { count }
    count = 0
    written = deps.writer
      .write((unit) => {
        unit.record({ type: 'CONNECTION_REJECTED', fields })
        return Promise.resolve()
      })
      // The writer knows that it failed, and nothing is signed until it works again.
      .catch(() => undefined)
  }
  return {
    note() {
      count++
      if (timer !== undefined) return
      write()
      timer = setTimeout(() => {
        timer = undefined
        write()
      }, togetherMs).unref()
    },
    async flush() {
      clearTimeout(timer)
      timer = undefined
      write()
      await written
    },
  }
}
