import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { findSecrets } from '../../support/secretSearch.ts'

const find = (value: string, content: string): readonly string[] =>
  findSecrets(new Map([['it', value]]), content)

describe('the search for secrets', () => {
  const values: readonly [string, string][] = [
    ['a PIN', 'k7-Pq2x9'],
    ['a password', 'no-5f0c91ab'],
    ['a password with signs', 'ä b&c=d/1'],
    ['a code', '40719263'],
    ['a short code', '407192'],
    ['a token', randomBytes(32).toString('base64url')],
    ['an authenticator', 'MZXW6YTBOIMZXW6YTBOIMZXW6YTBOI23'],
  ]
  for (const [name, value] of values) {
    const bytes = Buffer.from(value)
    const inBase64 = (before: string, alphabet: 'base64' | 'base64url'): string =>
      Buffer.from(`${before}${value}:behind`).toString(alphabet)
    const places: readonly [string, string][] = [
      ['in a sentence', `the secret is "${value}".`],
      ['in binary', Buffer.concat([randomBytes(64).fill(0xee), bytes, Buffer.of(0)]).toString('latin1')],
      ['in hex', `x'${bytes.toString('hex')}'`],
      ['in HEX', bytes.toString('hex').toUpperCase()],
      ['in a URL', `?code=${encodeURIComponent(value)}&b=1`],
      ...['', 'a', 'ada:', 'ab'].flatMap((before): [string, string][] => [
        [`in base64 behind "${before}"`, inBase64(before, 'base64')],
        [`in base64url behind "${before}"`, inBase64(before, 'base64url')],
      ]),
    ]
    for (const [place, content] of places)
      it(`finds ${name} ${place}`, () => {
        assert.notDeepEqual(find(value, content), [], content)
      })
    it(`finds no ${name} where there is none`, () => {
      assert.deepEqual(find(value, randomBytes(200_000).toString('latin1')), [])
      assert.deepEqual(find(value, randomBytes(200_000).toString('hex')), [])
      assert.deepEqual(find(value, randomBytes(200_000).toString('base64')), [])
    })
  }

  it('finds the bytes of a token, as they are and in hex', () => {
    const bytes = randomBytes(32)
    for (const content of [bytes.toString('latin1'), bytes.toString('hex'), bytes.toString('base64')])
      assert.notDeepEqual(find(bytes.toString('base64url'), content), [])
  })

  it('takes no part of a longer number for a code', () => {
    assert.deepEqual(find('407192', '1407192 407192a 4071921'), [])
  })
})
