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
    ['20001 members', Buffer.from(`{${members(20_001)}}`)],
    ['20001 elements of all arrays', Buffer.from(arrays(21, 1000))],
    ['a string without an end', Buffer.from('{"a":"\\"}')],
    ['a name without an end', Buffer.from('{"a')],
  ]
  for (const [name, bytes] of bad)
    it(`refuses ${name}, and quotes none of it`, () => {
      assert.throws(
        () => parseStrictJson(bytes),
        (error) => error instanceof JsonRefused && error.message.length < 40,
      )
    })

  it('takes sixteen levels, 1000 elements, 20000 members and elements of all', () => {
    parse('['.repeat(16) + ']'.repeat(16))
    parse(`[${'1,'.repeat(999)}1]`)
    parse(`{${members(20_000)}}`)
    parse(arrays(20, 999))
  })

  const MILLION = 1_000_000
  const costly: readonly [string, string][] = [
    ['members', `{${members(MILLION)}}`],
    ['empty objects', `[${'{},'.repeat(5 * MILLION)}{}]`],
    ['a string that is all escapes, without an end', `["${'\\"'.repeat(8 * MILLION)}`],
    ['strings without an end', '"\\"'.repeat(5 * MILLION)],
    ['backslashes', `["${'\\'.repeat(16 * MILLION)}`],
    ['closing brackets', ']'.repeat(16 * MILLION)],
    ['white space', `[${' '.repeat(16 * MILLION)}`],
  ]
  for (const [name, text] of costly)
    it(`refuses sixteen megabytes of ${name} before they cost time`, () => {
      const bytes = Buffer.from(text)
      const started = performance.now()
      assert.throws(() => parseStrictJson(bytes), JsonRefused)
      assert.ok(performance.now() - started < 2_000)
    })
})

function escape(text: string, at: number): string {
  return `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`
}

function members(count: number): string {
  return Array.from({ length: count }, (_, index) => `"${index}":1`).join(',')
}

function arrays(count: number, elements: number): string {
  return `[${Array.from({ length: count }, () => `[${'1,'.repeat(elements - 1)}1]`).join(',')}]`
}
