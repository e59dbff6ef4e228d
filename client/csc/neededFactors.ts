import { MalformedExpression, parseExpression, satisfyingSets } from '../../sap/expression.ts'
import type { CredentialFactor } from './cscSession.ts'

/** More would be too many ways to try; no service has as many. */
const MAX_OBJECTS = 8

/**
 * The fewest authentication objects that satisfy a credential's expression (CSC API v2.0.0.2 §8.2), with a sent code
 * among them if possible: only that shows which list it is for. All of them where there is no expression, or none that
 * can be read.
 */
export function neededFactors(
  expression: string | undefined,
  objects: readonly CredentialFactor[],
): readonly CredentialFactor[] {
  if (expression === undefined || expression.trim() === '' || objects.length > MAX_OBJECTS) return objects
  const sets = setsOf(expression, objects)
  const chosen = sets.find((set) => [...set].some(({ kind }) => kind === 'otp')) ?? sets[0]
  return chosen === undefined ? objects : objects.filter((object) => chosen.has(object))
}

function setsOf(
  expression: string,
  objects: readonly CredentialFactor[],
): readonly ReadonlySet<CredentialFactor>[] {
  try {
    const tree = parseExpression(expression, (word) => objects.find(({ id }) => id === word)?.id)
    return satisfyingSets(tree).map((ids) => new Set(objects.filter(({ id }) => ids.has(id))))
  } catch (error) {
    if (error instanceof MalformedExpression) return []
    throw error
  }
}
