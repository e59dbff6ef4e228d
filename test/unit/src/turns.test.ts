import assert from 'node:assert/strict'
import { Turns } from '../../../src/domain/turns.ts'

describe('turns', () => {
  it('give each user one before another has a second', () => {
    const turns = new Turns<string>()
    for (const one of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) turns.add(one.slice(0, 1), one)
    const taken = Array.from({ length: 7 }, () => turns.next(() => false))
    assert.deepEqual(taken, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', undefined])
  })

  it('leave out who is served', () => {
    const turns = new Turns<string>()
    turns.add('a', 'a1')
    turns.add('b', 'b1')
    assert.equal(
      turns.next((userId) => userId === 'a'),
      'b1',
    )
    assert.equal(
      turns.next((userId) => userId === 'a'),
      undefined,
    )
    assert.equal(
      turns.next(() => false),
      'a1',
    )
  })
})
