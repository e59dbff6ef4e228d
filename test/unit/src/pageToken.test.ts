import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { makePageToken, openPageToken } from '../../../src/domain/pageToken.ts'

const HOUR = 3_600_000

describe('page tokens — CSC API v1.0.4.0 §11.4', () => {
  const key = randomBytes(32)
  const token = makePageToken(key, { userId: 'ada', after: 'cred-7' }, 1000)

  it('give back where the next page starts', () => {
    assert.equal(openPageToken(key, 'ada', token, 1000), 'cred-7')
  })

  it('serve one user, under one key, for an hour', () => {
    assert.equal(openPageToken(key, 'bob', token, 1000), undefined)
    assert.equal(openPageToken(randomBytes(32), 'ada', token, 1000), undefined)
    assert.equal(openPageToken(key, 'ada', token, 1000 + HOUR), undefined)
    assert.equal(openPageToken(key, 'ada', token, 999 + HOUR), 'cred-7')
  })

  it('are worthless when anything in them is changed', () => {
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom('A', 'B', '.', '_', ''), (at, letter) => {
        const changed = token.slice(0, at) + letter + token.slice(at + 1)
        return changed === token || openPageToken(key, 'ada', changed, 1000) === undefined
      }),
    )
  })

  it('are refused quietly whatever they are', () => {
    fc.assert(fc.property(fc.string(), (text) => openPageToken(key, 'ada', text, 1000) === undefined))
  })
})
