import { casesOf } from '../../case.ts'
import { REFRESH_CASES } from '../common/refreshCases.ts'

export const authLoginRefresh = casesOf(
  { version: 'v2', method: 'auth/login', clause: '11.2' },
  REFRESH_CASES,
)
