import assert from 'node:assert/strict'
import fc from 'fast-check'
import { JsonRefused, parseStrictJson } from '../../../src/api/strictJson.ts'

const parse = (text: string): unknown => parseStrictJson(Buffer.from(text))

describe('strict JSON', () => {
  it('parses what JSON.parse parses, when nothing comes twice', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value)
        assert.deepEqual(parse(text), JSON.parse(text))
      }),
    )
  })

  it('notices a name that comes twice, however it is spelled', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (name, value) => {
        const key = JSON.stringify(name)
        const spelled = `"${[...Array(name.length).keys()].map((at) => escape(name, at)).join('')}"`
        assert.throws(() => parse(`{"x":[{${key}:${JSON.stringify(value)},${spelled}:1}]}`), JsonRefused)
      }),
    )
  })

  it('is not led astray by quotes, braces and commas in texts', () => {
    assert.deepEqual(parse(String.raw`{"a":"\",\"a\":{","b":["}",",","\\"],"c":{"a":1}}`), {
      a: '","a":{',
      b: ['}', ',', '\\'],
      c: { a: 1 },
    })
  })

  const bad: readonly [string, Buffer][] = [
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['more behind the end', Buffer.from('{}{}')],
    ['seventeen levels', Buffer.from('['.repeat(17) + ']'.repeat(17))],
    ['1001 elements', Buffer.from(`[${'1,'.repeat(1000)}1]`)],
  ]
  for (const [name, bytes] of bad)
    it(`refuses ${name}, and quotes none of it`, () => {
      assert.throws(
        () => parseStrictJson(bytes),
        (error) => error instanceof JsonRefused && error.message.length < 40,
      )
    })

  it('takes sixteen levels and 1000 elements', () => {
    parse('['.repeat(16) + ']'.repeat(16))
    parse(`[${'1,'.repeat(999)}1]`)
  })
})

function escape(text: string, at: number): string {
  return `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`
}
