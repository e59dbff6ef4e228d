import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MalformedMessage } from '../../../sap/codec.ts'
import {
  MAX_EXPRESSION,
  MalformedExpression,
  expressionText,
  isSatisfied,
  namesIn,
  satisfyingSets,
  type Expression,
} from '../../../sap/expression.ts'
import {
  factorExpression,
  isTaken,
  parseFactors,
  takenExpression,
  takenSets,
} from '../../../sap/factorExpression.ts'
import { GRADES, type FactorKind } from '../../../sap/operations.ts'
import { EVERY_SET, anyExpression, nameOfSet } from '../../support/expressions.ts'

/** The truth table's column by arithmetic, apart from the code under test. */
function truth(expression: Expression<FactorKind>, given: ReadonlySet<FactorKind>): number {
  if ('name' in expression) return given.has(expression.name) ? 1 : 0
  const values = expression.operands.map((each) => truth(each, given))
  if (expression.operator === 'AND') return Math.min(...values)
  if (expression.operator === 'OR') return Math.max(...values)
  return values.reduce((sum, value) => sum + value, 0) % 2
}

const names = (sets: readonly ReadonlySet<FactorKind>[]): readonly string[] => sets.map(nameOfSet).sort()
const anyPolicy = fc.record({
  scal: fc.constantFrom('1' as const, '2' as const),
  factors: anyExpression,
  minimumGrade: fc.constantFrom(...GRADES),
})

describe('an expression over factors — CSC API v2.0.0.2 §8.2', () => {
  for (const [given, meant] of [
    ['pin', { name: 'pin' }],
    ['((pin))', { name: 'pin' }],
    ['pin AND otp', { operator: 'AND', operands: [{ name: 'pin' }, { name: 'otp' }] }],
    ['otp  XOR(totp)', { operator: 'XOR', operands: [{ name: 'otp' }, { name: 'totp' }] }],
    [
      'pin AND (otp OR totp)',
      {
        operator: 'AND',
        operands: [{ name: 'pin' }, { operator: 'OR', operands: [{ name: 'otp' }, { name: 'totp' }] }],
      },
    ],
    [
      'pin OR otp OR totp',
      { operator: 'OR', operands: [{ name: 'pin' }, { name: 'otp' }, { name: 'totp' }] },
    ],
  ] as const)
    it(`reads ${given}`, () => {
      assert.deepEqual(parseFactors(given), meant)
    })

  for (const [given, why] of [
    ['', 'it ends too early'],
    ['()', 'a name that is not known'],
    ['pin AND', 'it ends too early'],
    ['pin otp', 'AND, OR or XOR expected'],
    ['AND', 'a name that is not known'],
    ['PIN', 'a name that is not known'],
    ['sms', 'a name that is not known'],
    ['pin and otp', 'AND, OR or XOR expected'],
    ['(pin AND otp', 'a parenthesis without the other'],
    ['pin AND otp)', 'a parenthesis without the other'],
    ['pin) AND (otp', 'a parenthesis without the other'],
    ['NOT pin', 'a name that is not known'],
    ['pin AND otp OR totp', 'parentheses are needed'],
    ['pin XOR otp XOR totp', 'parentheses are needed'],
    [`${'('.repeat(MAX_EXPRESSION)}pin`, `more than ${MAX_EXPRESSION} characters long`],
  ] as const)
    it(`refuses "${given.slice(0, 30)}": ${why}`, () => {
      assert.throws(
        () => parseFactors(given),
        (error) => error instanceof MalformedExpression && error.message === why,
      )
    })

  it('is a member of messages only as its text', () => {
    for (const value of [['otp'], { name: 'otp' }, null, 7, 'otp AND', ' '])
      assert.throws(() => factorExpression.parse(value, 'policy.factors'), MalformedMessage)
  })

  it('is the same after it was written and read', () => {
    fc.assert(
      fc.property(anyExpression, (expression) => {
        const line = expressionText(expression)
        fc.pre(line.length <= MAX_EXPRESSION)
        assert.deepEqual(parseFactors(line), expression)
      }),
    )
  })

  it('holds for exactly the sets of its truth table, and never for none', () => {
    fc.assert(
      fc.property(anyExpression, (expression) => {
        for (const set of EVERY_SET)
          assert.equal(isSatisfied(expression, set), truth(expression, set) === 1, nameOfSet(set))
        assert.equal(isSatisfied(expression, new Set()), false)
        const own = new Set(namesIn(expression))
        const expected = EVERY_SET.filter(
          (set) => truth(expression, set) === 1 && [...set].every((kind) => own.has(kind)),
        )
        assert.deepEqual(names(satisfyingSets(expression)), names(expected))
      }),
    )
  })
})

describe('the factors that a policy takes', () => {
  it('takes none whose best grade is below the minimum, whatever the expression says', () => {
    fc.assert(
      fc.property(anyPolicy, (policy) => {
        for (const set of EVERY_SET) {
          const reaches = {
            static: policy.scal === '1' || set.has('otp') || set.has('totp'),
            'plain-otp': set.has('otp') || set.has('totp'),
            'bound-otp': set.has('otp'),
          }[policy.minimumGrade]
          assert.equal(isTaken(policy, set), reaches && truth(policy.factors, set) === 1)
        }
      }),
    )
  })

  it('is told as an expression that exactly these satisfy', () => {
    fc.assert(
      fc.property(anyPolicy, (policy) => {
        fc.pre(takenSets(policy).length > 0)
        const told = takenExpression(policy)
        assert.deepEqual(names(satisfyingSets(told)), names(takenSets(policy)))
        assert.ok(namesIn(told).every((kind) => namesIn(policy.factors).includes(kind)))
      }),
    )
  })

  it('is told in the words of the policy where its grade forbids nothing', () => {
    const policy = (factors: string, minimumGrade: (typeof GRADES)[number]): string =>
      expressionText(takenExpression({ scal: '1', factors: parseFactors(factors), minimumGrade }))
    assert.equal(policy('pin OR otp', 'static'), 'pin OR otp')
    assert.equal(policy('pin AND (otp OR totp)', 'plain-otp'), 'pin AND (otp OR totp)')
    assert.equal(policy('pin OR otp', 'plain-otp'), '(pin OR otp) AND otp')
    assert.equal(policy('pin OR otp OR totp', 'plain-otp'), '(pin OR otp OR totp) AND (otp OR totp)')
    assert.equal(policy('otp OR totp', 'bound-otp'), '(otp OR totp) AND otp')
  })
})
