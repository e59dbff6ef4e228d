import { casesOf } from '../../case.ts'
import { CREDENTIAL_INFO_CASES } from '../common/credentialInfoCases.ts'

export const credentialsInfo = casesOf(
  { version: 'v2', method: 'credentials/info', clause: '11.5' },
  CREDENTIAL_INFO_CASES,
)
