import { casesOf } from '../../case.ts'
import { EXTEND_CASES } from '../common/extendCases.ts'

export const extendTransaction = casesOf(
  { version: 'v1', method: 'credentials/extendTransaction', clause: '11.7' },
  EXTEND_CASES,
)
