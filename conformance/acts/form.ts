import { holds } from '../expect.ts'
import { at, textAt } from '../json.ts'
import { shown, type Answer } from '../wire/answer.ts'

/** What only the inside of a program says: stack frames, files, SQL. */
const TRACES = [
  /\bat \S+ \(.+:\d+:\d+\)/,
  /\bat (file|node):/,
  /\bat [\w$.]+\([\w$]+\.(java|kt|cs):\d+\)/,
  /\bnode_modules\b/,
  /Traceback \(most recent call last\)/,
  /\b(java|javax|org\.springframework|System)\.[\w.]*Exception\b/,
  /\b(SQLITE_|SQLSTATE|ORA-\d{5})/,
  /\bCKR_[A-Z_]+/,
  /\/(usr|home|opt|var|srv)\/[\w./-]+/,
]

/** Throws Refuted, unless the answer is a JSON object of type application/json without a `null` and without traces of a program. */
export function wellFormed(answer: Answer): void {
  const type = answer.headers['content-type'] ?? 'none'
  holds(/^application\/json\s*(;|$)/i.test(type), `the content type is ${type}, not application/json`)
  const { json } = answer
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
  holds(isObject, `the body is no JSON object: ${shown(answer)}`)
  const empty = pathOfNull(json)
  holds(empty === undefined, `the member ${empty ?? ''} is null; a member without a value is left out`)
  tracelessIn(answer)
}

/** Throws Refuted when the answer is a refusal that is no error object of clause 10, or shows where it was made. */
export function wellRefused(answer: Answer): void {
  wellFormed(answer)
  holds(textAt(answer.json, 'error') !== undefined, `a refusal needs a text \`error\`: ${shown(answer)}`)
  const description = at(answer.json, 'error_description')
  holds(
    description === undefined || typeof description === 'string',
    `error_description is no text: ${shown(answer)}`,
  )
}

function tracelessIn(answer: Answer): void {
  const trace = TRACES.map((pattern) => pattern.exec(answer.text)?.[0]).find((found) => found !== undefined)
  holds(trace === undefined, `the answer shows the inside of the program: ${trace ?? ''}`)
}

function pathOfNull(value: unknown, path = ''): string | undefined {
  if (value === null) return path
  if (typeof value !== 'object') return undefined
  for (const [name, member] of Object.entries(value)) {
    const found = pathOfNull(member, path === '' ? name : `${path}/${name}`)
    if (found !== undefined) return found
  }
  return undefined
}
