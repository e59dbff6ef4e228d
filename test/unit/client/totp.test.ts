import assert from 'node:assert/strict'
import { totp, totpSecret } from '../../../client/totp.ts'

describe('TOTP — RFC 6238, appendix B', () => {
  const secret = Buffer.from('12345678901234567890')
  const VECTORS: readonly (readonly [number, string])[] = [
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ]
  for (const [seconds, code] of VECTORS) {
    it(`gives ${code} at ${seconds} seconds`, () => {
      assert.equal(totp(secret, new Date(seconds * 1000), 8), code)
      assert.equal(totp(secret, new Date(seconds * 1000)), code.slice(2))
    })
  }
})

describe('TOTP secret — RFC 4648 §6', () => {
  it('is read from Base32, with or without padding, blanks and case', () => {
    assert.equal(totpSecret('MZXW6YTBOI======').toString(), 'foobar')
    assert.equal(totpSecret('mzxw 6ytb oi').toString(), 'foobar')
  })

  it('is read from an otpauth URI', () => {
    assert.equal(
      totpSecret('otpauth://totp/Chancery:ada?secret=MZXW6YTB&issuer=Chancery').toString(),
      'fooba',
    )
  })

  for (const text of ['', 'otpauth://totp/ada', 'MZXW1'])
    it(`is refused when it is "${text}"`, () => {
      assert.throws(() => totpSecret(text), RangeError)
    })
})
