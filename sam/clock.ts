/** Time as the SAM counts it. Every lifetime, validity check and journal entry uses this and nothing else. */
export interface Clock {
  /** Milliseconds since 1970, never smaller than an earlier answer. */
  now(): number
  /** Why the time cannot be trusted, or undefined. */
  problem(): string | undefined
}

/** A problem that this process cannot get over: a new one checks the time against the journal. */
export const CLOCK_STEPPED = 'the wall clock was stepped'

/** Milliseconds that wall clock and monotonic clock may drift apart before the SAM stops signing. */
const TOLERANCE_MS = 2_000

export interface ClockSources {
  /** Wall time, milliseconds since 1970. */
  wall(): number
  /** Milliseconds from any point, never stepping. */
  monotonic(): number
}

const systemSources: ClockSources = { wall: () => Date.now(), monotonic: () => performance.now() }

/** How much slower than the monotonic clock the time may go while it follows a wall clock that is behind. */
const SLOWEST = 0.001

/**
 * Wall time at the start, advanced by the monotonic clock, following the wall clock while both agree: forth at once,
 * back only slowly, so that nobody makes time stand still by setting the wall clock back bit by bit. A step of the wall
 * clock, or a start before the last time that the journal knows, is a problem: lifetimes would be wrong.
 */
export function createClock(lastKnown: number, sources: ClockSources = systemSources): Clock {
  let base = sources.wall()
  let monotonicBase = sources.monotonic()
  let latest = lastKnown
  const read = (): { passed: number; behind: number; wall: number } => {
    const passed = sources.monotonic() - monotonicBase
    const wall = sources.wall()
    return { passed, behind: base + passed - wall, wall }
  }
  return {
    now() {
      const { passed, behind } = read()
      const correction = Math.abs(behind) > TOLERANCE_MS ? 0 : Math.min(behind, passed * SLOWEST)
      base += passed - correction
      monotonicBase += passed
      latest = Math.max(latest, Math.floor(base))
      return latest
    },
    problem() {
      const { behind, wall } = read()
      if (Math.abs(behind) > TOLERANCE_MS) return CLOCK_STEPPED
      if (wall + TOLERANCE_MS < lastKnown) return 'the wall clock is behind the journal'
      return undefined
    },
  }
}
