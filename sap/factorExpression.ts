import { MalformedMessage, text, type Codec } from './codec.ts'
import {
  MAX_EXPRESSION,
  MalformedExpression,
  expressionText,
  isSatisfied,
  namesIn,
  parseExpression,
  satisfyingSets,
  type Expression,
} from './expression.ts'
import { FACTOR_KINDS, GRADES, type FactorKind, type Grade } from './factorKinds.ts'

/** Which factors, taken together, authorize: `pin AND (otp OR totp)`. */
export type FactorExpression = Expression<FactorKind>

/** Throws MalformedExpression. */
export function parseFactors(given: string): FactorExpression {
  return parseExpression(given, (word) => FACTOR_KINDS.find((kind) => kind === word))
}

/** All of them, every time. */
export const allOf = (kinds: readonly FactorKind[]): FactorExpression => each('AND', kinds)

const anyOf = (kinds: readonly FactorKind[]): FactorExpression => each('OR', kinds)

function each(operator: 'AND' | 'OR', kinds: readonly FactorKind[]): FactorExpression {
  const [only] = kinds
  if (only !== undefined && kinds.length === 1) return { name: only }
  return { operator, operands: kinds.map((name) => ({ name })) }
}

const expressionLine = text(1, MAX_EXPRESSION)
/** As text on the wire and in records. */
export const factorExpression: Codec<FactorExpression> = {
  parse(value, at) {
    const line = expressionLine.parse(value, at)
    try {
      return parseFactors(line)
    } catch (error) {
      if (error instanceof MalformedExpression) throw new MalformedMessage(at, error.message)
      throw error
    }
  },
  write: (value) => expressionText(value),
  schema: expressionLine.schema,
}

/** Whether an act of grade `given` is enough where `minimum` is demanded. */
export function isAtLeast(given: Grade, minimum: Grade): boolean {
  return GRADES.indexOf(given) >= GRADES.indexOf(minimum)
}

/** The best grade that an act with these factors can have. */
export function bestGrade(kinds: ReadonlySet<FactorKind>): Grade {
  if (kinds.has('otp')) return 'bound-otp'
  return kinds.has('totp') ? 'plain-otp' : 'static'
}

/** What decides which factors a credential takes. */
export interface FactorPolicy {
  readonly scal: '1' | '2'
  readonly factors: FactorExpression
  readonly minimumGrade: Grade
}

/** The grade that an act must have: a PIN alone is never enough for SCAL 2, whatever the policy says. */
export function leastGrade({ scal, minimumGrade }: Omit<FactorPolicy, 'factors'>): Grade {
  return scal === '2' && minimumGrade === 'static' ? 'plain-otp' : minimumGrade
}

/** Whether exactly these factors satisfy the expression and can have the grade that is needed. */
export function isTaken(policy: FactorPolicy, kinds: ReadonlySet<FactorKind>): boolean {
  return isSatisfied(policy.factors, kinds) && isAtLeast(bestGrade(kinds), leastGrade(policy))
}

/** Every set of factors that is taken, the smaller ones first. */
export function takenSets(policy: FactorPolicy): readonly ReadonlySet<FactorKind>[] {
  return satisfyingSets(policy.factors).filter((set) => isTaken(policy, set))
}

/** Whether a policy takes nothing that the other one does not take, and something. */
export function isNarrowing(narrow: FactorPolicy, wide: FactorPolicy): boolean {
  const known = namesIn(wide.factors)
  const sets = takenSets(narrow)
  const isTakenByBoth = (set: ReadonlySet<FactorKind>): boolean =>
    isTaken(wide, set) && [...set].every((kind) => known.includes(kind))
  return sets.length > 0 && sets.every(isTakenByBoth)
}

/** An expression that exactly the taken sets satisfy: the policy's own, where its grade forbids none of them. */
export function takenExpression(policy: FactorPolicy): FactorExpression {
  if (takenSets(policy).length === satisfyingSets(policy.factors).length) return policy.factors
  const reaching = namesIn(policy.factors).filter((kind) =>
    isAtLeast(bestGrade(new Set([kind])), leastGrade(policy)),
  )
  return { operator: 'AND', operands: [policy.factors, anyOf(reaching)] }
}
