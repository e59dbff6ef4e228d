/** How CSC API v2.0.0.2 §8.2 joins the ids of authentication objects. */
const OPERATORS = ['AND', 'OR', 'XOR'] as const
export type Operator = (typeof OPERATORS)[number]

/**
 * A boolean expression over names. Without a negation: nothing given never satisfies it. XOR has two operands, since of
 * three nobody could say whether one of them or an odd number is meant.
 */
export type Expression<N extends string> =
  { readonly name: N } | { readonly operator: Operator; readonly operands: readonly Expression<N>[] }

/** Characters of an expression; this bounds its depth and its names, too. */
export const MAX_EXPRESSION = 200

/** A text that is no expression over the names. The message never holds the text. */
export class MalformedExpression extends Error {
  override readonly name = 'MalformedExpression'
}

/**
 * `A AND (B OR C)` as a tree. No operator binds tighter than another: where they are mixed, parentheses must say what is
 * meant. Throws MalformedExpression, also for a name that `nameOf` does not know.
 */
export function parseExpression<N extends string>(
  text: string,
  nameOf: (word: string) => N | undefined,
): Expression<N> {
  if (text.length > MAX_EXPRESSION)
    throw new MalformedExpression(`more than ${MAX_EXPRESSION} characters long`)
  const tokens = text.match(/[()]|[^\s()]+/g) ?? []
  return joined({ tokens: tokens.values(), nameOf }, false)
}

interface Reading<N extends string> {
  readonly tokens: Iterator<string, unknown>
  readonly nameOf: (word: string) => N | undefined
}

/** Operands of one operator, up to the end of the text or to the parenthesis that closes. */
function joined<N extends string>(reading: Reading<N>, isInside: boolean): Expression<N> {
  const operands = [operand(reading)]
  let operator: Operator | undefined
  for (;;) {
    const { done, value } = reading.tokens.next()
    if (done === true || value === ')') {
      if (isInside !== (value === ')')) throw new MalformedExpression('a parenthesis without the other')
      break
    }
    const next = OPERATORS.find((one) => one === value)
    if (next === undefined) throw new MalformedExpression('AND, OR or XOR expected')
    if (operator !== undefined && (next !== operator || next === 'XOR'))
      throw new MalformedExpression('parentheses are needed')
    operator = next
    operands.push(operand(reading))
  }
  const [only] = operands
  return operator === undefined && only !== undefined ? only : { operator: operator ?? 'AND', operands }
}

function operand<N extends string>(reading: Reading<N>): Expression<N> {
  const { done, value } = reading.tokens.next()
  if (done === true) throw new MalformedExpression('it ends too early')
  if (value === '(') return joined(reading, true)
  const name = typeof value === 'string' ? reading.nameOf(value) : undefined
  if (name === undefined) throw new MalformedExpression('a name that is not known')
  return { name }
}

/** The text that parses into the same tree; `nameOf` may give the names that others know. */
export function expressionText<N extends string>(
  expression: Expression<N>,
  nameOf: (name: N) => string = (name) => name,
): string {
  if ('name' in expression) return nameOf(expression.name)
  return expression.operands
    .map((each) => ('name' in each ? nameOf(each.name) : `(${expressionText(each, nameOf)})`))
    .join(` ${expression.operator} `)
}

/** Whether exactly these names satisfy it. */
export function isSatisfied<N extends string>(expression: Expression<N>, given: ReadonlySet<N>): boolean {
  if ('name' in expression) return given.has(expression.name)
  const values = expression.operands.map((each) => isSatisfied(each, given))
  switch (expression.operator) {
    case 'AND':
      return values.every((value) => value)
    case 'OR':
      return values.some((value) => value)
    case 'XOR':
      return values.filter((value) => value).length === 1
  }
}

/** Every name in it once, in the order in which they are first named. */
export function namesIn<N extends string>(expression: Expression<N>): readonly N[] {
  if ('name' in expression) return [expression.name]
  return [...new Set(expression.operands.flatMap((each) => namesIn(each)))]
}

/** Every set of its names that satisfies it, the smaller ones first. For few names: it tries all of them. */
export function satisfyingSets<N extends string>(expression: Expression<N>): readonly ReadonlySet<N>[] {
  const names = namesIn(expression)
  return Array.from({ length: 2 ** names.length }, (_, bits) =>
    names.filter((_name, index) => (bits >> index) & 1),
  )
    .map((set) => new Set(set))
    .filter((set) => isSatisfied(expression, set))
    .sort((one, other) => one.size - other.size)
}
