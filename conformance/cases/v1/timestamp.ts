import { casesOf } from '../../case.ts'
import { TIMESTAMP_CASES } from '../common/timestampCases.ts'

export const timestamp = casesOf(
  { version: 'v1', method: 'signatures/timestamp', clause: '11.10' },
  TIMESTAMP_CASES,
)
