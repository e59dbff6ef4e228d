import type { ErrorRow } from './errorTables.ts'
import { at, textAt } from './json.ts'
import { Refuted } from './outcome.ts'
import type { Trial } from './trial.ts'
import { shown, type Answer } from './wire/answer.ts'

/** Throws Refuted with the sentence, unless it holds. */
export function holds(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Refuted(sentence)
}

/** Throws Refuted, unless the answer has the status 200 and a JSON object. Gives its body. */
export function answered(answer: Answer): unknown {
  holds(answer.status === 200, `expected 200 with a body, got ${shown(answer)}`)
  const { json } = answer
  holds(typeof json === 'object' && json !== null, `the body of a 200 is no JSON object: ${shown(answer)}`)
  return json
}

/** Throws Refuted, unless the answer is 204 without a body. */
export function answeredEmpty(answer: Answer): void {
  holds(answer.status === 204, `expected 204 without a body, got ${shown(answer)}`)
  holds(answer.text === '', `a 204 must have no body, got ${shown(answer)}`)
}

/** The text member of a body. Throws Refuted when there is none. */
export function textIn(body: unknown, path: string): string {
  const text = textAt(body, path)
  holds(text !== undefined && text !== '', `the member ${path} is missing, or no text`)
  return text
}

/**
 * Throws Refuted, unless the answer is the row's: status, `error`, and `error_description` letter by letter where the
 * service gives one. None at all is a warning, for the standard only recommends it.
 */
export function refusedAs(trial: Trial, answer: Answer, row: ErrorRow): void {
  const expected = `${row.status} ${row.error} “${row.description}”`
  holds(answer.status === row.status, `expected ${expected}, got ${shown(answer)}`)
  const error = textAt(answer.json, 'error')
  holds(error?.toLowerCase() === row.error.toLowerCase(), `expected ${expected}, got ${shown(answer)}`)
  if (error !== row.error) trial.note(`\`error\` is spelled ${error}`)
  const description = at(answer.json, 'error_description')
  if (description === undefined) {
    trial.warn('the refusal has no error_description')
    return
  }
  const fits = typeof description === 'string' && describes(row.description, description)
  holds(fits, `expected ${expected}, got ${shown(answer)}`)
}

/** Throws Refuted, unless the answer is a refusal of the client: a 4xx with the error object of clause 10. */
export function refused(answer: Answer): void {
  holds(answer.status >= 400 && answer.status < 500, `expected a refusal, got ${shown(answer)}`)
  holds(
    textAt(answer.json, 'error') !== undefined,
    `a refusal must have a text \`error\`, got ${shown(answer)}`,
  )
}

/** Where the standard can be read in several ways: the answer must be one of them, and the report says which. */
export function refusedAsOneOf(trial: Trial, answer: Answer, readings: readonly ErrorRow[]): void {
  for (const reading of readings)
    if (
      answer.status === reading.status &&
      textAt(answer.json, 'error') === reading.error &&
      describes(reading.description, textAt(answer.json, 'error_description') ?? '')
    ) {
      trial.note(`seen: ${reading.status} ${reading.error} “${reading.description}”`)
      return
    }
  const each = readings.map((one) => `${one.status} ${one.error} “${one.description}”`).join(', or ')
  throw new Refuted(`expected ${each}; got ${shown(answer)}`)
}

function describes(pattern: string, description: string): boolean {
  const parts = pattern.split(/\{[^}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(description)
}
