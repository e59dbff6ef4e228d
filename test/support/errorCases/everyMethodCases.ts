import { type CasesByMethod, type ErrorSite } from './errorSite.ts'

/** What each method may be told. */
export function everyMethodCases(site: ErrorSite): CasesByMethod {
  return {
    '': {
      'header-malformed': (row) => site.send(row, {}, { authorization: 'Token x' }),
      'credential-missing': (row) => site.send(row, { ...site.rightBody(row), credentialID: undefined }),
      'credential-invalid': (row) => site.send(row, { ...site.rightBody(row), credentialID: 'cred-nobodys' }),
      'certificates-invalid': (row) =>
        site.send(row, { ...site.rightBody(row), credentialInfo: true, certificates: 'all' }),
      'user-id-given': (row) => site.send(row, { userID: 'somebody' }),
      'client-data-invalid': (row) => site.send(row, { ...site.rightBody(row), clientData: 7 }),
    },
  }
}
