import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { EMPTY_CHAIN, canonicalJson, chainHash, leafHash } from '../../../sap/canonical.ts'

describe('canonical JSON', () => {
  it('sorts members and writes no white space', () => {
    assert.equal(
      canonicalJson({ b: [1, 'ä', true], a: { d: 2, c: -1 } }),
      '{"a":{"c":-1,"d":2},"b":[1,"ä",true]}',
    )
  })

  it('refuses numbers that are not safe integers', () => {
    for (const value of [0.5, NaN, Infinity, 2 ** 53]) assert.throws(() => canonicalJson(value), TypeError)
  })

  it('escapes line breaks, so that no value can look like another entry (W06)', () => {
    assert.equal(canonicalJson({ a: 'x\r\n{"b":1}' }), '{"a":"x\\r\\n{\\"b\\":1}"}')
  })

  it('is one text for one value, in whatever order it was made', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer(), { maxKeys: 8 }), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse())
        assert.equal(canonicalJson(value), canonicalJson(reversed))
        const back: unknown = JSON.parse(canonicalJson(value))
        assert.equal(
          JSON.stringify(Object.entries(back ?? {}).sort()),
          JSON.stringify(Object.entries(value).sort()),
        )
      }),
    )
  })
})

describe('journal hashes (RFC 6962 §2.1)', () => {
  it('hashes a leaf as the RFC does: the empty leaf', () => {
    const empty = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'
    assert.equal(leafHash(Buffer.alloc(0)).toString('hex'), empty)
  })

  it('chains a leaf to everything before it', () => {
    const leaf = leafHash(Buffer.from('one'))
    const expected = createHash('sha256').update(Buffer.alloc(32)).update(leaf).digest()
    assert.deepEqual(chainHash(EMPTY_CHAIN, leaf), expected)
  })
})
