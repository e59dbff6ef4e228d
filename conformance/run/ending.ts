/** Why a run ends before its last case. */
export interface Ending {
  /** Resolves with the reason, when there is one. */
  readonly comes: Promise<string>
  /** The first reason; undefined while the run goes on. */
  readonly reason: () => string | undefined
  readonly end: (reason: string) => void
  /** Aborted after it has come: what still waits need not. */
  readonly signal: AbortSignal
}

/** An end that comes from outside by `signal`, or from within. */
export function createEnding(signal: AbortSignal | undefined): Ending {
  const waiting = new AbortController()
  let known: string | undefined
  let tell: (reason: string) => void = () => undefined
  const comes = new Promise<string>((resolve) => {
    tell = resolve
  })
  const end = (reason: string): void => {
    known ??= reason
    tell(known)
    // Not before everybody could hear the reason.
    setImmediate(() => {
      waiting.abort()
    })
  }
  const endFromOutside = (): void => {
    end('the run was ended before')
  }
  if (signal?.aborted === true) endFromOutside()
  signal?.addEventListener('abort', endFromOutside)
  return { comes, reason: () => known, end, signal: waiting.signal }
}
