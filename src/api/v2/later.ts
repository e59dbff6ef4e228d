import { CscError } from '../../domain/errors.ts'
import type { LaterOptions } from '../../csc/signatures/later.ts'

interface LaterMembers {
  readonly operationMode?: 'S' | 'A'
  readonly validity_period?: unknown
  readonly response_uri?: unknown
}

/** What a request says of operation mode A; undefined in mode S, where the rest is ignored. Throws CscError. */
export function laterOptions(members: LaterMembers): LaterOptions | undefined {
  if (members.operationMode !== 'A') return undefined
  const { validity_period: validityPeriod, response_uri: responseUri } = members
  if (validityPeriod !== undefined && !isInteger(validityPeriod))
    throw new CscError('invalid_request', 'Invalid parameter validity_period')
  if (responseUri !== undefined && typeof responseUri !== 'string')
    throw new CscError('invalid_request', 'Invalid parameter response_uri')
  return { validityPeriod, responseUri }
}

/** Of any size: what is too much is out of bounds, not of another kind. */
function isInteger(value: unknown): value is number {
  return Number.isInteger(value)
}
