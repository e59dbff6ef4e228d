import { casesOf } from '../../case.ts'
import { TIMESTAMP_CASES } from '../common/timestampCases.ts'

export const timestamp = casesOf(
  { version: 'v2', method: 'signatures/timestamp', clause: '11.13' },
  TIMESTAMP_CASES,
)
