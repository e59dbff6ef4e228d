import { casesOf } from '../../case.ts'
import { SIGN_HASH_ALGORITHMS } from '../common/signHashAlgorithmCases.ts'
import { SIGN_HASH_SECTION } from './signHash.ts'

/** Algorithms and their parameters. */
export const signHashAlgorithms = casesOf(SIGN_HASH_SECTION, SIGN_HASH_ALGORITHMS)
