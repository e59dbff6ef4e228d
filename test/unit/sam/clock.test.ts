import assert from 'node:assert/strict'
import { createClock } from '../../../sam/clock.ts'

/** Sources that a test moves. */
function sources(): { at: { wall: number; monotonic: number }; wall(): number; monotonic(): number } {
  const at = { wall: 1_000_000, monotonic: 0 }
  return { at, wall: () => at.wall, monotonic: () => at.monotonic }
}

describe('the clock of the SAM', () => {
  it('follows wall time while both clocks agree', () => {
    const source = sources()
    const clock = createClock(0, source)
    source.at.wall += 5_000
    source.at.monotonic += 5_100
    assert.equal(clock.now(), 1_005_000)
    assert.equal(clock.problem(), undefined)
  })

  it('goes on by the monotonic clock when the wall clock is stepped back, and says so', () => {
    const source = sources()
    const clock = createClock(0, source)
    source.at.wall -= 86_400_000
    source.at.monotonic += 1_000
    assert.equal(clock.now(), 1_001_000)
    assert.equal(clock.problem(), 'the wall clock was stepped')
  })

  it('does the same when it is stepped forward', () => {
    const source = sources()
    const clock = createClock(0, source)
    source.at.wall += 86_400_000
    assert.equal(clock.now(), 1_000_000)
    assert.equal(clock.problem(), 'the wall clock was stepped')
  })

  it('never answers less than it did, nor less than the journal knows', () => {
    const source = sources()
    const clock = createClock(1_500_000, source)
    assert.equal(clock.now(), 1_500_000)
    assert.equal(clock.problem(), 'the wall clock is behind the journal')
    source.at.wall += 1_000
    source.at.monotonic += 1_000
    assert.equal(clock.now(), 1_500_000)
    source.at.wall += 600_000
    source.at.monotonic += 600_000
    assert.equal(clock.now(), 1_601_000)
    assert.equal(clock.problem(), undefined)
  })
})
