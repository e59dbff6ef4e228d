/** Texts that are kept prepared on each connection; far more than there are statements. */
const MOST = 500

interface NamedText {
  readonly text: string
  /** Under which connections keep it prepared; none for a text that came when there were enough. */
  readonly name?: string
}

const known = new Map<string, NamedText>()

/**
 * A text with `$1`, `$2` for its question marks, and the name under which it is prepared. No statement of ours has a
 * question mark in a literal or an operator.
 */
export function numbered(text: string): NamedText {
  const found = known.get(text)
  if (found !== undefined) return found
  let count = 0
  const dollars = text.replaceAll('?', () => `$${++count}`)
  // Without values it goes as a simple query: BEGIN and COMMIT in one way there and back.
  if (count === 0 || known.size >= MOST) return { text: dollars }
  const named = { text: dollars, name: `s${known.size}` }
  known.set(text, named)
  return named
}
