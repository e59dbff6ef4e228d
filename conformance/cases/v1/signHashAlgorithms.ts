import { casesOf } from '../../case.ts'
import { SIGN_HASH_ALGORITHMS } from '../common/signHashAlgorithmCases.ts'

/** Algorithms and their parameters. */
export const signHashAlgorithms = casesOf(
  { version: 'v1', method: 'signatures/signHash', clause: '11.9' },
  SIGN_HASH_ALGORITHMS,
)
