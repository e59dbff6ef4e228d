import { casesOf } from '../../case.ts'
import { REVOKE_CASES } from '../common/revokeCases.ts'

export const authRevoke = casesOf({ version: 'v1', method: 'auth/revoke', clause: '11.3' }, REVOKE_CASES)
