import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { bytes, list, object, text } from '../../../sap/codec.ts'
import { fingerprint } from '../../../sap/fingerprint.ts'

const vector = object({
  nonce: bytes(16, 16),
  credentialId: text(1, 64),
  hashAlgorithm: text(1, 64),
  hashes: list(bytes(1, 64), 1, 10),
  fingerprint: text(14, 14),
})

/** The vectors that integrators find in docs/api.md. */
const block = /```json\n([\s\S]*?)\n```/.exec(readFileSync('docs/api.md', 'utf8'))?.[1] ?? '[]'
const vectors = list(vector, 3, 10).parse(JSON.parse(block), '')

describe('fingerprint of a list', () => {
  for (const [index, { fingerprint: expected, ...input }] of vectors.entries())
    it(`gives vector ${index + 1} of docs/api.md`, () => {
      assert.equal(fingerprint(input), expected)
    })

  it('does not depend on the order, and counts a hash that is listed twice', () => {
    const [, several] = vectors
    assert.ok(several !== undefined)
    assert.equal(fingerprint({ ...several, hashes: several.hashes.toReversed() }), several.fingerprint)
    assert.notEqual(fingerprint({ ...several, hashes: several.hashes.slice(1) }), several.fingerprint)
  })

  it('is another one for another nonce, credential or algorithm', () => {
    const [first] = vectors
    assert.ok(first !== undefined)
    const others = [
      { ...first, nonce: Buffer.alloc(16, 1) },
      { ...first, credentialId: 'cred-b' },
      { ...first, hashAlgorithm: '2.16.840.1.101.3.4.2.2' },
    ].map(fingerprint)
    assert.equal(new Set([first.fingerprint, ...others]).size, 4)
  })
})
