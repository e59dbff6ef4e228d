import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** Characters of the largest body that is read by default (limits.documentBytes): a pattern sees a text before its length counts. */
const LENGTH = 16 * 1024 * 1024
const PIECES = ['1', '.1', ' ', 'a-']

/** Every pattern in a part of a contract. */
function patternsIn(part: unknown): readonly string[] {
  if (typeof part !== 'object' || part === null) return []
  return Object.entries(part).flatMap(([name, value]: [string, unknown]) =>
    name === 'pattern' && typeof value === 'string' ? [value] : patternsIn(value),
  )
}

const patterns = new Set(
  ['csc-v1.yaml', 'csc-v2.yaml'].flatMap((file) =>
    patternsIn(parse(readFileSync(`openapi/${file}`, 'utf8'))),
  ),
)

describe('patterns that judge what clients send — W07', function () {
  this.timeout(120_000)

  it('are found in the contracts', () => {
    assert.ok(patterns.has('^[ -~]{0,1024}$'))
    assert.ok(patterns.size >= 8, [...patterns].join(' '))
  })

  it('say how long a text may be', () => {
    for (const pattern of patterns)
      assert.doesNotMatch(pattern.replaceAll(/\[[^\]]*\]/gu, ''), /[*+]|,\}/u, pattern)
  })

  for (const pattern of patterns)
    it(`${pattern} takes linear time and a bounded stack`, () => {
      const expression = new RegExp(pattern)
      for (const piece of PIECES) {
        const text = `1${piece.repeat(LENGTH / piece.length)}\u0000`
        const started = performance.now()
        expression.test(text)
        // A fraction of a second; with quadratic time it would be days.
        assert.ok(performance.now() - started < 10_000, JSON.stringify(piece))
      }
    })
})
