import { canonicalJson } from '../../../sap/canonical.ts'
import { REFUSAL_REASONS, Refusal, type ExpiredSubject } from '../../domain/errors.ts'
import type { AsyncResult, AsyncState } from '../../ports/asynchronous.ts'
import type { AsyncOutcome } from '../db/asyncStore.ts'

const MEMBERS = ['signatures', 'documents', 'signatureObjects'] as const

/** A result as it is stored. */
export function completed(result: AsyncResult): AsyncOutcome {
  const members = MEMBERS.flatMap((name) => {
    const values = result[name]
    return values === undefined ? [] : [[name, values.map((value) => value.toString('base64'))] as const]
  })
  return { state: 'completed', outcome: canonicalJson(Object.fromEntries(members)) }
}

/** What went wrong, as it is stored: the refusal that a poll repeats. Anything else has lost the result. */
export function failed(error: unknown): AsyncOutcome {
  const isTold = error instanceof Refusal && error.reason !== 'unavailable'
  const reason = isTold ? error.reason : 'result_lost'
  const subject = isTold ? error.subject : undefined
  return {
    state: 'failed',
    outcome: canonicalJson({ reason, ...(subject === undefined ? {} : { subject: { ...subject } }) }),
  }
}

/** The way back. Throws if the row was not written by these functions. */
export function stateOf(stored: {
  readonly state: string
  readonly outcome: string | undefined
}): AsyncState {
  if (stored.state === 'pending') return { state: 'pending' }
  const outcome: unknown = JSON.parse(stored.outcome ?? 'null')
  if (typeof outcome !== 'object' || outcome === null) throw new Error('an outcome is no object')
  if (stored.state === 'completed') return { state: 'completed', result: resultOf(outcome) }
  const given: unknown = Reflect.get(outcome, 'reason')
  const reason = REFUSAL_REASONS.find((candidate) => candidate === given)
  if (reason === undefined) throw new Error('an outcome has no reason')
  return { state: 'failed', reason, subject: subjectOf(Reflect.get(outcome, 'subject')) }
}

function resultOf(outcome: object): AsyncResult {
  const members = MEMBERS.flatMap((name) => {
    const values: unknown = Reflect.get(outcome, name)
    if (!Array.isArray(values)) return []
    return [[name, values.map((value) => Buffer.from(String(value), 'base64'))] as const]
  })
  return Object.fromEntries(members)
}

function subjectOf(value: unknown): ExpiredSubject | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const organization: unknown = Reflect.get(value, 'organization')
  const commonName: unknown = Reflect.get(value, 'commonName')
  if (typeof organization !== 'string' || typeof commonName !== 'string') return undefined
  return { organization, commonName }
}
