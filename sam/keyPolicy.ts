import { z } from 'zod'
import { MalformedExpression, namesIn, satisfyingSets } from '../sap/expression.ts'
import { allOf, parseFactors, takenSets, type FactorExpression } from '../sap/factorExpression.ts'
import { MAX_HASHES } from '../sap/limits.ts'
import { FACTOR_KINDS, GRADES, SIGNED_THINGS } from '../sap/operations.ts'

/** A policy as `sam.yaml` has it. */
export const policySchema = z.strictObject({
  /** CSC `SCAL` of the credential. */
  scal: z.enum(['1', '2']),
  /** Signatures in one authorization, at most. */
  multisign: z.int().min(1).max(MAX_HASHES),
  /** Which factors authorize: an expression such as `pin AND (otp OR totp)`, or a list of which all are demanded. */
  factors: z.union([z.string(), z.array(z.enum(FACTOR_KINDS)).min(1)]),
  /** An act of a lower grade is refused, whatever the expression says. */
  minimumGrade: z.enum(GRADES),
  /**
   * For clients that sign nested signatures in one PDF: SCAL 2 may be authorized before the hashes are known. Such an act
   * is graded plain-otp, whatever the factor.
   */
  lateHashes: z.boolean().default(false),
  /**
   * What the key signs under a SAD: `documents` only through attributes that the SAM checks itself, `hashes` only as they
   * come. With both, a SAD over a document's hash could also have that hash itself signed.
   */
  signs: z.enum(SIGNED_THINGS).default('both'),
})

/** What a key's record keeps of the policy that it was made under. */
export type KeyPolicy = Omit<z.infer<typeof policySchema>, 'factors'> & { readonly factors: FactorExpression }

/** Reads the expression and refuses what could never authorize, or would not mean what it says. Throws what `fail` makes. */
export function keyPolicy(
  given: z.infer<typeof policySchema>,
  fail: (key: string, problem: string) => Error,
): KeyPolicy {
  const { scal, minimumGrade, lateHashes } = given
  const policy = { ...given, factors: expressionOf(given.factors, (problem) => fail('factors', problem)) }
  const sets = satisfyingSets(policy.factors)
  const takesPinAlone = sets.some((set) => set.size === 1 && set.has('pin'))
  if (sets.length === 0) throw fail('factors', 'nothing satisfies it')
  const isTakenAtAll = takenSets(policy).length > 0
  if (takesPinAlone && (!isTakenAtAll || (scal === '2' && minimumGrade === 'static')))
    throw fail('factors', 'a PIN alone is grade static, and never SCAL 2')
  if (lateHashes && (scal !== '2' || minimumGrade === 'bound-otp'))
    throw fail('lateHashes', 'is for SCAL 2, and never above grade plain-otp')
  if (minimumGrade === 'bound-otp' && !namesIn(policy.factors).includes('otp'))
    throw fail('minimumGrade', 'bound-otp needs the factor otp')
  if (!isTakenAtAll) throw fail('factors', 'no factors that satisfy it have the minimumGrade')
  return policy
}

function expressionOf(
  given: z.infer<typeof policySchema>['factors'],
  fail: (problem: string) => Error,
): FactorExpression {
  if (typeof given !== 'string') {
    if (new Set(given).size !== given.length) throw fail('one is named twice')
    return allOf(given)
  }
  try {
    return parseFactors(given)
  } catch (error) {
    if (error instanceof MalformedExpression) throw fail(error.message)
    throw error
  }
}
