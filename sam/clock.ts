/** Time as the SAM counts it. Every lifetime, validity check and journal entry uses this and nothing else. */
export interface Clock {
  /** Milliseconds since 1970, never smaller than an earlier answer. */
  now(): number
  /** Why the time cannot be trusted, or undefined. */
  problem(): string | undefined
}

/** Milliseconds that wall clock and monotonic clock may drift apart before the SAM stops signing. */
const TOLERANCE_MS = 2_000

export interface ClockSources {
  /** Wall time, milliseconds since 1970. */
  wall(): number
  /** Milliseconds from any point, never stepping. */
  monotonic(): number
}

const systemSources: ClockSources = { wall: () => Date.now(), monotonic: () => performance.now() }

/**
 * Wall time at the start, advanced by the monotonic clock, following the wall clock while both agree. A step of the
 * wall clock, or a start before the last time that the journal knows, is a problem: lifetimes would be wrong.
 */
export function createClock(lastKnown: number, sources: ClockSources = systemSources): Clock {
  let wallBase = sources.wall()
  let monotonicBase = sources.monotonic()
  let latest = lastKnown
  const read = (): { expected: number; wall: number } => ({
    expected: wallBase + (sources.monotonic() - monotonicBase),
    wall: sources.wall(),
  })
  return {
    now() {
      const { expected, wall } = read()
      if (Math.abs(wall - expected) <= TOLERANCE_MS) {
        // Slow correction by the time daemon: follow it.
        wallBase = wall
        monotonicBase = sources.monotonic()
        latest = Math.max(latest, Math.floor(wall))
      } else {
        latest = Math.max(latest, Math.floor(expected))
      }
      return latest
    },
    problem() {
      const { expected, wall } = read()
      if (Math.abs(wall - expected) > TOLERANCE_MS) return 'the wall clock was stepped'
      if (wall + TOLERANCE_MS < lastKnown) return 'the wall clock is behind the journal'
      return undefined
    },
  }
}
