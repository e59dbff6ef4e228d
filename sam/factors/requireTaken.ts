import { SapFailure } from '../../sap/errors.ts'
import { namesIn } from '../../sap/expression.ts'
import { isTaken, takenSets, type FactorPolicy } from '../../sap/factorExpression.ts'
import { FACTOR_KINDS, type FactorKind } from '../../sap/operations.ts'

/**
 * Whether the factors that were given are a set that the policy takes: its expression holds, none is given that it does
 * not name (nobody would check it), and the grade can be enough. Looks at no value, counts no attempt. Throws
 * `otp_missing` or `pin_missing` for what would complete the smallest set, `factor_unexpected` if nothing would.
 */
export function requireTaken(
  policy: FactorPolicy,
  given: Readonly<Partial<Record<FactorKind, unknown>>>,
): void {
  const kinds = FACTOR_KINDS.filter((kind) => given[kind] !== undefined)
  const named = namesIn(policy.factors)
  const known = new Set(kinds.filter((kind) => named.includes(kind)))
  if (!isTaken(policy, known)) throw whatIsWrong(policy, known)
  if (known.size < kinds.length)
    throw new SapFailure('factor_unexpected', 'a factor that the credential does not take')
}

function whatIsWrong(policy: FactorPolicy, known: ReadonlySet<FactorKind>): SapFailure {
  const completed = takenSets(policy).find((set) => [...known].every((kind) => set.has(kind)))
  if (completed === undefined)
    return new SapFailure('factor_unexpected', 'factors that the credential does not take together')
  const isCodeMissing = [...completed].some((kind) => kind !== 'pin' && !known.has(kind))
  return isCodeMissing
    ? new SapFailure('otp_missing', 'the credential demands a one-time code')
    : new SapFailure('pin_missing', 'the credential demands a PIN')
}
