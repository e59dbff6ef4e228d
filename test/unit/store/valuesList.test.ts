import assert from 'node:assert/strict'
import { questionMarks, valuesList } from '../../../store/valuesList.ts'

describe('the values of a set statement', () => {
  it('has a question mark for each value, row by row', () => {
    const bytes = Buffer.of(1)
    assert.deepEqual(
      valuesList([
        ['a', 1, null],
        ['b', 2, bytes],
      ]),
      { text: 'values (?, ?, ?), (?, ?, ?)', values: ['a', 1, null, 'b', 2, bytes] },
    )
    assert.deepEqual(valuesList([[7]]), { text: 'values (?)', values: [7] })
  })

  it('has as many question marks as it is asked for', () => {
    assert.deepEqual([0, 1, 3].map(questionMarks), ['', '?', '?, ?, ?'])
  })
})
