import type { Secrets } from '../wire/secrets.ts'
import type { Result } from './runCases.ts'

/** A result masked again, at the end of a run: what was learned to be a secret may have stood in an earlier exchange. */
export function maskedResult(result: Result, secrets: Secrets): Result {
  return {
    ...result,
    reason: secrets.mask(result.reason),
    notes: result.notes.map((note) => secrets.mask(note)),
    exchanges: result.exchanges.map(({ request, answer }) => ({
      request: secrets.mask(request),
      answer: secrets.mask(answer),
    })),
  }
}
