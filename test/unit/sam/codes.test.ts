import assert from 'node:assert/strict'
import fc from 'fast-check'
import { newOtpCode, normalizedOtp } from '../../../sam/factors/otp.ts'
import { requireStrongPin } from '../../../sam/factors/pin.ts'
import { otpauthUri, totpCode } from '../../../sam/factors/totp.ts'
import { totp, totpSecret } from '../../../client/totp.ts'

/** An HSM whose random numbers are these, then an error. */
function drawing(numbers: readonly number[]): Parameters<typeof newOtpCode>[0] {
  const left = [...numbers]
  return {
    hsm: {
      random: (count) => {
        const next = left.shift()
        if (next === undefined) return Promise.reject(new Error('asked once more'))
        const bytes = Buffer.alloc(count)
        bytes.writeUInt32BE(next)
        return Promise.resolve(bytes)
      },
      hmac: () => Promise.reject(new Error('not asked')),
    },
    keys: { otp: { label: 'otp', id: '00' } },
  }
}

describe('codes that are sent', () => {
  it('have eight digits, leading zeros included', async () => {
    assert.equal(await newOtpCode(drawing([7])), '00000007')
    assert.equal(await newOtpCode(drawing([4_199_999_999])), '99999999')
  })

  it('are as likely as one another: what lies above the last multiple is drawn again', async () => {
    assert.equal(await newOtpCode(drawing([4_200_000_000, 0xffffffff, 12])), '00000012')
  })

  it('fail when there is no randomness (F14)', async () => {
    await assert.rejects(newOtpCode(drawing([])), /asked once more/)
  })

  it('are read with blanks and hyphens, and in no other spelling', () => {
    for (const given of ['12345678', '1234 5678', ' 12-34-56-78 '])
      assert.equal(normalizedOtp(given), '12345678')
    for (const given of [
      '',
      '1234567',
      '123456789',
      '1234567a',
      '12345678\n',
      '１２３４５６７８',
      '١٢٣٤٥٦٧٨',
    ])
      assert.equal(normalizedOtp(given), undefined)
  })

  it('are never read from a text with another character', () => {
    fc.assert(
      fc.property(fc.string(), (given) => {
        const read = normalizedOtp(given)
        if (read !== undefined) assert.equal(given.replace(/[ -]/g, ''), read)
      }),
    )
  })
})

describe('PINs', () => {
  it('are strong enough unless an attacker would try them first (O16)', () => {
    for (const pin of ['k7-Pq2', '481516', 'correct.horse', '902817'])
      assert.doesNotThrow(() => {
        requireStrongPin(pin)
      })
    for (const pin of [
      '12345',
      '000000',
      '121212',
      '123456',
      '987654',
      'abcabc',
      'aabbaa',
      'k7 Pq2',
      'k7\u00e4Pq2',
    ])
      assert.throws(
        () => {
          requireStrongPin(pin)
        },
        { code: 'pin_too_weak' },
        pin,
      )
  })
})

describe('codes of an app', () => {
  it('are those that our own client makes, for any secret and time', () => {
    const secrets = fc.uint8Array({ minLength: 20, maxLength: 20 })
    fc.assert(
      fc.property(secrets, fc.integer({ min: 0, max: 2 ** 31 }), (secret, seconds) => {
        const made = totpCode(secret, Math.floor(seconds / 30))
        assert.equal(made, totp(Buffer.from(secret), new Date(seconds * 1000)))
      }),
    )
  })

  it('come from a secret that the key URI carries whole, whatever the account is called', () => {
    const secrets = fc.uint8Array({ minLength: 20, maxLength: 20 })
    fc.assert(
      fc.property(secrets, fc.string({ maxLength: 64, unit: 'grapheme' }), (secret, account) => {
        const uri = new URL(otpauthUri(secret, account))
        assert.deepEqual(totpSecret(uri.href), Buffer.from(secret))
        assert.equal(uri.searchParams.get('issuer'), 'Chancery')
      }),
    )
  })
})
