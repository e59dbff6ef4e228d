import assert from 'node:assert/strict'
import type { CredentialFactor } from '../../../client/csc/cscSession.ts'
import { neededFactors } from '../../../client/csc/neededFactors.ts'

const object = (kind: CredentialFactor['kind'], id = kind.toUpperCase()): CredentialFactor => ({
  kind,
  id,
  label: id,
})
const OBJECTS = [object('pin'), object('totp'), object('otp')]

describe('what the client asks its signer for', () => {
  for (const [expression, ids] of [
    ['PIN AND OTP', ['PIN', 'OTP']],
    ['PIN AND (OTP OR TOTP)', ['PIN', 'OTP']],
    ['PIN OR OTP', ['OTP']],
    ['PIN XOR TOTP', ['PIN']],
    ['(PIN AND OTP) OR TOTP', ['PIN', 'OTP']],
    ['TOTP', ['TOTP']],
  ] as const)
    it(`is ${ids.join(' and ')} for ${expression}`, () => {
      assert.deepEqual(
        neededFactors(expression, OBJECTS).map(({ id }) => id),
        ids,
      )
    })

  for (const expression of [undefined, '', ' ', 'PIN AND', 'PIN AND FACE', 'PIN AND OTP OR TOTP'])
    it(`is everything where the expression is ${expression === undefined ? 'absent' : `"${expression}"`}`, () => {
      assert.deepEqual(neededFactors(expression, OBJECTS), OBJECTS)
    })

  it('knows the objects by the ids of another service', () => {
    const objects = [object('pin', 'pwd_1'), object('otp', 'sms-2')]
    assert.deepEqual(neededFactors('pwd_1 OR sms-2', objects), objects.slice(1))
  })
})
