import { casesOf } from '../../case.ts'
import { SIGN_HASH_BINDING } from '../common/signHashBindingCases.ts'

/** A SAD signs what it was given for: these hashes, with this key, for this user, once, in time. */
export const signHashBinding = casesOf(
  { version: 'v1', method: 'signatures/signHash', clause: '11.9' },
  SIGN_HASH_BINDING,
)
