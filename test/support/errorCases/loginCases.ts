import { randomBytes } from 'node:crypto'
import { basic } from '../buildSsa.ts'
import { type CasesByMethod, type ErrorSite } from './errorSite.ts'

/** The rows of auth/login and auth/revoke. */
export function loginCases(site: ErrorSite): CasesByMethod {
  return {
    'auth/login': {
      'header-malformed': ({ version, method }) =>
        site.service.ssa.post(version, method, {}, { authorization: 'Basic ???' }),
      'credentials-malformed': ({ version, method }) =>
        site.service.ssa.post(version, method, {}, { authorization: `Basic ${btoa('nobody')}` }),
      'refresh-token-malformed': ({ version, method }) =>
        site.service.ssa.post(version, method, { refresh_token: 'no token' }),
      'refresh-token-unknown': ({ version, method }) =>
        site.service.ssa.post(version, method, { refresh_token: randomBytes(32).toString('base64url') }),
      'login-failed': ({ version, method }) =>
        site.service.ssa.post(version, method, {}, { authorization: basic(site.ada.username, 'wrong') }),
    },
    'auth/revoke': {
      'token-missing': (row) => site.send(row, {}),
      'hint-invalid': (row) => site.send(row, { token: site.ada.token, token_type_hint: 'session' }),
      'token-invalid': (row) => site.send(row, { token: randomBytes(32).toString('base64url') }),
    },
  }
}
