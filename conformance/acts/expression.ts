/** `PIN AND (OTP XOR TOTP)` as a predicate over the ids that are given. Throws RangeError for what is no expression. */
export function satisfies(expression: string, given: ReadonlySet<string>): boolean {
  const tokens = expression.match(/\(|\)|[^\s()]+/g) ?? []
  let next = 0
  const operators = ['OR', 'XOR', 'AND']
  const primary = (): boolean => {
    const token = tokens[next++]
    if (token === undefined || token === ')' || operators.includes(token)) throw new RangeError(expression)
    if (token !== '(') return given.has(token)
    const value = level(0)
    if (tokens[next++] !== ')') throw new RangeError(expression)
    return value
  }
  const level = (depth: number): boolean => {
    const operator = operators[depth]
    if (operator === undefined) return primary()
    let value = level(depth + 1)
    while (tokens[next] === operator) {
      next++
      const right = level(depth + 1)
      value = operator === 'OR' ? value || right : operator === 'XOR' ? value !== right : value && right
    }
    return value
  }
  const value = tokens.length === 0 ? true : level(0)
  if (next !== tokens.length) throw new RangeError(expression)
  return value
}

/** As few of the ids as satisfy the expression; undefined when they do not. */
export function smallestSatisfying(
  expression: string,
  ids: readonly string[],
): readonly string[] | undefined {
  const subsets = Array.from({ length: 2 ** ids.length }, (_, bits) =>
    ids.filter((_id, index) => (bits & (1 << index)) !== 0),
  )
  return subsets
    .sort((one, other) => one.length - other.length)
    .find((subset) => satisfies(expression, new Set(subset)))
}
