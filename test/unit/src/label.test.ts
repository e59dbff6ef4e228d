import assert from 'node:assert/strict'
import { cleanLabel } from '../../../src/domain/label.ts'

describe('a description', () => {
  it('has spaces for control characters and for line and paragraph separators', () => {
    assert.equal(cleanLabel('a\r\nb\u0000c\u0085d\u2028e\u2029f\u007fg'), 'a  b c d e f g')
  })
  it('has them for half characters and for what turns text around, too', () => {
    assert.equal(cleanLabel('a\ud800b\u202ec\u2066d'), 'a b c d')
  })
  it('keeps everything else', () => {
    assert.equal(cleanLabel(' Løn – 李 😀 '), 'Løn – 李 😀')
  })
})
