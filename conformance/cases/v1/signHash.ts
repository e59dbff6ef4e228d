import { casesOf } from '../../case.ts'
import { SIGN_HASH_CASES } from '../common/signHashCases.ts'
import { SIGN_HASH_COUNTS } from '../common/signHashCountCases.ts'

/** What is signed, and in which order. */
export const signHash = casesOf({ version: 'v1', method: 'signatures/signHash', clause: '11.9' }, [
  ...SIGN_HASH_CASES,
  ...SIGN_HASH_COUNTS,
])
