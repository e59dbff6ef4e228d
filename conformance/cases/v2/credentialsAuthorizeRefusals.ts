import { casesOf } from '../../case.ts'
import { AUTHORIZE_REFUSALS } from '../common/authorizeRefusalCases.ts'

export const credentialsAuthorizeRefusals = casesOf(
  { version: 'v2', method: 'credentials/authorize', clause: '11.6' },
  AUTHORIZE_REFUSALS,
)
