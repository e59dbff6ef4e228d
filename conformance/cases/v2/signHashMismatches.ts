import { casesOf } from '../../case.ts'
import { SIGN_HASH_MISMATCHES } from '../common/signHashMismatchCases.ts'
import { SIGN_HASH_SECTION } from './signHash.ts'

/** Algorithms, parameters and hashes that do not fit each other. */
export const signHashMismatches = casesOf(SIGN_HASH_SECTION, SIGN_HASH_MISMATCHES)
