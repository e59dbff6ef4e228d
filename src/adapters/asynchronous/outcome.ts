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

/** A refusal as it was stored. Throws if `failed` did not write it. */
export function refusalIn(stored: string): Extract<AsyncState, { readonly state: 'failed' }> {
  const outcome = objectIn(stored)
  const given: unknown = Reflect.get(outcome, 'reason')
  const reason = REFUSAL_REASONS.find((candidate) => candidate === given)
  if (reason === undefined) throw new Error('an outcome has no reason')
  return { state: 'failed', reason, subject: subjectOf(Reflect.get(outcome, 'subject')) }
}

/** A result as it was stored. Throws if `completed` did not write it. */
export function resultIn(stored: string): AsyncResult {
  const outcome = objectIn(stored)
  const members = MEMBERS.flatMap((name) => {
    const values: unknown = Reflect.get(outcome, name)
    if (!Array.isArray(values)) return []
    return [[name, values.map((value) => Buffer.from(String(value), 'base64'))] as const]
  })
  return Object.fromEntries(members)
}

function objectIn(stored: string): object {
  const outcome: unknown = JSON.parse(stored)
  if (typeof outcome !== 'object' || outcome === null) throw new Error('an outcome is no object')
  return outcome
}

function subjectOf(value: unknown): ExpiredSubject | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const organization: unknown = Reflect.get(value, 'organization')
  const commonName: unknown = Reflect.get(value, 'commonName')
  if (typeof organization !== 'string' || typeof commonName !== 'string') return undefined
  return { organization, commonName }
}
