import fc from 'fast-check'
import type { Expression } from '../../sap/expression.ts'
import { FACTOR_KINDS, type FactorKind } from '../../sap/operations.ts'

const PLAIN = { noNullPrototype: true } as const

/** Any expression over the factors, of four levels at most. */
export const anyExpression: fc.Arbitrary<Expression<FactorKind>> = fc.letrec<{
  tree: Expression<FactorKind>
}>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.record({ name: fc.constantFrom(...FACTOR_KINDS) }, PLAIN),
    fc.record(
      {
        operator: fc.constantFrom('AND' as const, 'OR' as const),
        operands: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }),
      },
      PLAIN,
    ),
    fc.record(
      {
        operator: fc.constant('XOR' as const),
        operands: fc.tuple(tie('tree'), tie('tree')),
      },
      PLAIN,
    ),
  ),
})).tree

/** Every set of factors, the empty one too. */
export const EVERY_SET: readonly ReadonlySet<FactorKind>[] = Array.from(
  { length: 2 ** FACTOR_KINDS.length },
  (_, bits) => new Set(FACTOR_KINDS.filter((_kind, index) => (bits >> index) % 2 === 1)),
)

/** A set by its name, to compare sets of sets. */
export const nameOfSet = (set: ReadonlySet<FactorKind>): string => [...set].sort().join('+')
