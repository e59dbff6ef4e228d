import assert from 'node:assert/strict'
import { createClock } from '../../../sam/clock.ts'
import { handClock } from '../../support/handClock.ts'

const START = Date.UTC(2026, 0, 1)
const DAY = 86_400_000

describe('clock', () => {
  it('follows the time', () => {
    const sources = handClock(START)
    const clock = createClock(0, sources)
    assert.equal(clock.now(), START)
    sources.pass(1_234)
    assert.equal(clock.now(), START + 1_234)
    assert.equal(clock.problem(), undefined)
  })

  it('follows a small correction forth', () => {
    const sources = handClock(START)
    const clock = createClock(0, sources)
    sources.stepWall(1_500)
    assert.equal(clock.now(), START + 1_500)
    assert.equal(clock.problem(), undefined)
  })

  for (const step of [-DAY, -3_000, 3_000, DAY])
    it(`finds the wall clock stepped by ${step} ms, and goes on by the monotonic one (F10)`, () => {
      const sources = handClock(START)
      const clock = createClock(0, sources)
      sources.pass(10_000)
      sources.stepWall(step)
      assert.equal(clock.problem(), 'the wall clock was stepped')
      assert.equal(clock.now(), START + 10_000)
      sources.pass(5_000)
      assert.equal(clock.now(), START + 15_000)
      sources.stepWall(-step)
      assert.equal(clock.problem(), undefined)
      assert.equal(clock.now(), START + 15_000)
    })

  it('never goes back', () => {
    const sources = handClock(START)
    const clock = createClock(0, sources)
    let latest = clock.now()
    for (const step of [900, -900, 1_999, -1_999, -50, 50]) {
      sources.stepWall(step)
      assert.ok(clock.now() >= latest)
      latest = clock.now()
    }
  })

  it('cannot be held by setting the wall clock back bit by bit', () => {
    const sources = handClock(START)
    const clock = createClock(0, sources)
    // Each step is within the tolerance; the time that passes is real.
    for (let second = 0; second < 600; second++) {
      sources.pass(1_000)
      sources.stepWall(-1_000)
      clock.now()
    }
    assert.equal(clock.problem(), 'the wall clock was stepped')
    assert.ok(clock.now() >= START + 590_000, 'ten minutes have passed')
  })

  it('takes a small correction back, slowly', () => {
    const sources = handClock(START)
    const clock = createClock(0, sources)
    sources.stepWall(-1_000)
    for (let minute = 0; minute < 60; minute++) {
      sources.pass(60_000)
      clock.now()
    }
    assert.equal(clock.problem(), undefined)
    assert.equal(clock.now(), START + 3_600_000 - 1_000)
  })

  it('does not start before the last time that the journal knows', () => {
    const sources = handClock(START)
    const clock = createClock(START + DAY, sources)
    assert.equal(clock.problem(), 'the wall clock is behind the journal')
    assert.equal(clock.now(), START + DAY)
    sources.pass(DAY)
    assert.equal(clock.problem(), undefined)
  })
})
