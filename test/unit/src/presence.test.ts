import assert from 'node:assert/strict'
import fc from 'fast-check'
import { satisfyingSets } from '../../../sap/expression.ts'
import { parseFactors } from '../../../sap/factorExpression.ts'
import { presencesOf, type Presences } from '../../../src/domain/presence.ts'
import { EVERY_SET, anyExpression, nameOfSet } from '../../support/expressions.ts'

const WORDS = ['true', 'optional', 'false'] as const

/** The sets that two words of v1 allow, and no empty one. */
function allowedBy({ pin, code, codeKind }: Presences): readonly string[] {
  const fits = (word: string, isGiven: boolean): boolean => word === 'optional' || word === String(isGiven)
  return EVERY_SET.filter(
    (set) =>
      set.size > 0 &&
      fits(pin, set.has('pin')) &&
      fits(code, set.has(codeKind)) &&
      !set.has(codeKind === 'otp' ? 'totp' : 'otp'),
  )
    .map(nameOfSet)
    .sort()
}

describe('presence of factors — CSC API v1.0.4.0 §11.5', () => {
  for (const [expression, pin, code, codeKind] of [
    ['otp', 'false', 'true', 'otp'],
    ['pin', 'true', 'false', 'otp'],
    ['totp AND pin', 'true', 'true', 'totp'],
    ['pin OR otp', 'optional', 'optional', 'otp'],
    ['otp OR (otp AND pin)', 'optional', 'true', 'otp'],
    ['(pin OR totp) AND pin', 'true', 'optional', 'totp'],
  ] as const)
    it(`of ${expression} is PIN ${pin}, OTP ${code} (${codeKind})`, () => {
      assert.deepEqual(presencesOf({ expression: parseFactors(expression), signs: 'both' }), {
        pin,
        code,
        codeKind,
      })
    })

  for (const expression of [
    'pin XOR otp',
    'otp OR totp',
    'otp XOR totp',
    'pin AND (otp OR totp)',
    'otp AND totp',
  ])
    it(`has no words for ${expression}`, () => {
      assert.equal(presencesOf({ expression: parseFactors(expression), signs: 'both' }), undefined)
    })

  it('has no words for a key that signs documents only', () => {
    assert.equal(presencesOf({ expression: parseFactors('otp'), signs: 'documents' }), undefined)
  })

  it('allows exactly what is taken, and is there wherever words can say it', () => {
    fc.assert(
      fc.property(anyExpression, (expression) => {
        const taken = satisfyingSets(expression).map(nameOfSet).sort()
        fc.pre(taken.length > 0)
        const words = presencesOf({ expression, signs: 'hashes' })
        if (words !== undefined) assert.deepEqual(allowedBy(words), taken)
        const couldBeSaid = WORDS.some((pin) =>
          WORDS.some((code) =>
            (['otp', 'totp'] as const).some(
              (codeKind) => allowedBy({ pin, code, codeKind }).join() === taken.join(),
            ),
          ),
        )
        assert.equal(words !== undefined, couldBeSaid)
      }),
    )
  })
})
