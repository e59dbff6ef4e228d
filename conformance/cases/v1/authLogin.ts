import { casesOf } from '../../case.ts'
import { LOGIN_CASES } from '../common/loginCases.ts'

export const authLogin = casesOf({ version: 'v1', method: 'auth/login', clause: '11.2' }, LOGIN_CASES)
