import assert from 'node:assert/strict'
import { ShortCalls } from '../../../hsm/shortCalls.ts'

describe('calls that are made at once while they are short', () => {
  let now: number
  let calls: ShortCalls
  beforeEach(() => {
    now = 1000
    calls = new ShortCalls(() => now)
  })
  const make = (milliseconds: number): void => {
    calls.timed(() => {
      now += milliseconds
    })
  }

  it('expects them to be short until three in a row were long', () => {
    assert.equal(calls.areExpected(), true)
    for (const milliseconds of [5, 5, 0.1, 5, 5]) make(milliseconds)
    assert.equal(calls.areExpected(), true)
    make(5)
    assert.equal(calls.areExpected(), false)
  })

  it('tries again after ten seconds', () => {
    for (let count = 0; count < 3; count++) make(5)
    now += 9_999
    assert.equal(calls.areExpected(), false)
    now += 1
    assert.equal(calls.areExpected(), true)
    for (let count = 0; count < 3; count++) make(5)
    assert.equal(calls.areExpected(), false)
  })

  it('gives what a call returns, and times one that throws, too', () => {
    assert.equal(
      calls.timed(() => 7),
      7,
    )
    for (let count = 0; count < 3; count++)
      assert.throws(() =>
        calls.timed(() => {
          now += 5
          throw new Error('failed')
        }),
      )
    assert.equal(calls.areExpected(), false)
  })
})
