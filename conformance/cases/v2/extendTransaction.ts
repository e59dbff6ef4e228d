import { casesOf } from '../../case.ts'
import { EXTEND_CASES } from '../common/extendCases.ts'

export const extendTransaction = casesOf(
  { version: 'v2', method: 'credentials/extendTransaction', clause: '11.9' },
  EXTEND_CASES,
)
