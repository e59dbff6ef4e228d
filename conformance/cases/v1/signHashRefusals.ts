import { casesOf } from '../../case.ts'
import { SIGN_HASH_REFUSALS } from '../common/signHashRefusalCases.ts'

/** Members that are missing or malformed, and what comes late. */
export const signHashRefusals = casesOf(
  { version: 'v1', method: 'signatures/signHash', clause: '11.9' },
  SIGN_HASH_REFUSALS,
)
