import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  MalformedMessage,
  bytes,
  flag,
  integer,
  list,
  object,
  oneOf,
  optional,
  text,
  type Codec,
} from '../../../sap/codec.ts'

const refuses = (codec: Codec<unknown>, value: unknown): void => {
  assert.throws(() => codec.parse(value, 'member'), MalformedMessage, JSON.stringify(value))
}

describe('SAP codec', () => {
  it('takes text within its bounds, and none that changes how it is shown', () => {
    const codec = text(1, 3)
    assert.equal(codec.parse('ä', ''), 'ä')
    for (const value of [
      '',
      'abcd',
      1,
      null,
      undefined,
      ['a'],
      {},
      'a\n',
      'a\u0000',
      '\u202ea',
      '\u2028',
      '\ud800',
    ])
      refuses(codec, value)
    refuses(text(1, 9, /^[a-z]+$/), 'ab1')
    // As many characters as JSON Schema counts, which the published contract speaks of.
    assert.equal(codec.parse('😀😀😀', ''), '😀😀😀')
    for (const value of ['😀😀😀😀', 'a😀😀😀']) refuses(codec, value)
    refuses(text(2, 3), '😀')
  })

  it('takes whole numbers only', () => {
    assert.equal(integer(-1, 5).parse(-1, ''), -1)
    for (const value of [-2, 6, 1.5, '1', null, NaN, Infinity, true, [1], 2 ** 60])
      refuses(integer(-1, 5), value)
  })

  it('takes canonical standard base64 only', () => {
    const codec = bytes(1, 4)
    assert.deepEqual(codec.parse('AAE=', ''), Buffer.of(0, 1))
    const refused = ['', 'AAE', 'AAF=', 'AAE=\n', ' AAE=', '-_8=', 'AAECAwQ=', '@@@@', 'A===', 7, null]
    for (const value of refused) refuses(codec, value)
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (value) => {
        const wide = bytes(0, 200)
        assert.deepEqual(wide.parse(wide.write(Buffer.from(value)), ''), Buffer.from(value))
      }),
    )
  })

  it('takes booleans, names and lists as they are', () => {
    assert.equal(flag.parse(false, ''), false)
    for (const value of [0, 'true', null]) refuses(flag, value)
    refuses(oneOf(['a', 'b']), 'c')
    refuses(oneOf(['a']), '__proto__')
    assert.deepEqual(list(flag, 0, 2).parse([true], ''), [true])
    for (const value of [[1], [true, true, true], {}, { length: 1, 0: true }, null])
      refuses(list(flag, 0, 2), value)
  })

  it('takes exactly the members of an object: none unknown, none missing, none null', () => {
    const codec = object({ a: integer(0, 9), b: optional(flag) })
    assert.deepEqual(codec.parse({ a: 1 }, ''), { a: 1 })
    assert.deepEqual(codec.parse({ b: true, a: 1 }, ''), { a: 1, b: true })
    const refused = [
      {},
      { a: 1, c: 2 },
      { a: null },
      { a: 1, b: null },
      [],
      null,
      'a',
      JSON.parse('{"a":1,"__proto__":{}}'),
    ]
    for (const value of refused) refuses(codec, value)
  })

  it('names the place of what is wrong, and never its value', () => {
    const codec = object({ list: list(object({ pin: text(1, 4) }), 0, 9) })
    assert.throws(
      () => codec.parse({ list: [{ pin: '1234' }, { pin: 'secret-pin' }] }, ''),
      (error) => {
        assert.ok(error instanceof MalformedMessage)
        assert.equal(error.at, 'list[1].pin')
        assert.doesNotMatch(error.message, /secret/)
        return true
      },
    )
  })

  it('leaves absent members out when it writes', () => {
    const codec = object({ a: integer(0, 9), b: optional(flag) })
    assert.deepEqual(codec.write({ a: 1, b: undefined }), { a: 1 })
  })
})
