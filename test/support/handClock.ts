import type { ClockSources } from '../../sam/clock.ts'

/** The real clocks, with a hand on them. */
export interface HandClock extends ClockSources {
  /** Lets time pass: both clocks go on. */
  pass(milliseconds: number): void
  /** Sets the wall clock alone, forth or back. */
  stepWall(milliseconds: number): void
}

/** Stands still until it is moved, so that a limit can be met to the millisecond. */
export function handClock(start = Date.now()): HandClock {
  let wall = start
  let monotonic = 1_000
  return {
    wall: () => wall,
    monotonic: () => monotonic,
    pass(milliseconds) {
      wall += milliseconds
      monotonic += milliseconds
    },
    stepWall(milliseconds) {
      wall += milliseconds
    },
  }
}
