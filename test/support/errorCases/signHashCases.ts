import { randomBytes } from 'node:crypto'
import { newHashes } from '../samActs.ts'
import { base64, makeAccount, sadFor } from '../service.ts'
import { HOUR, PSS, RSA, algorithmName, hashName, type CasesByMethod, type ErrorSite } from './errorSite.ts'

/** The rows of signatures/signHash and signatures/signPolling. */
export function signHashCases(site: ErrorSite): CasesByMethod {
  return {
    'signatures/signHash': {
      'credential-invalid': (row) => site.signed(row, () => ({ credentialID: 'cred-nobodys' })),
      'mode-invalid': (row) => site.send(row, site.signing(row, { operationMode: 'X' })),
      'period-invalid': (row) =>
        site.send(row, site.signing(row, { operationMode: 'A', validity_period: 'long' })),
      'period-out-of-bounds': (row) =>
        site.send(row, site.signing(row, { operationMode: 'A', validity_period: 1e9 })),
      'response-uri-invalid': (row) =>
        site.send(row, site.signing(row, { operationMode: 'A', response_uri: 'ftp://x' })),
      'sad-missing': (row) => site.send(row, site.signing(row, { SAD: undefined })),
      'sad-invalid': (row) => site.send(row, site.signing(row)),
      'hash-missing': (row) => site.send(row, site.signing(row, { [hashName(row)]: undefined })),
      'hash-empty': (row) => site.send(row, site.signing(row, { [hashName(row)]: [] })),
      'hash-no-base64': (row) => site.send(row, site.signing(row, { [hashName(row)]: ['?'] })),
      'hash-not-authorized': (row) => site.signed(row, () => ({ [hashName(row)]: base64(newHashes(1)) })),
      'sign-algorithm-missing': (row) => site.send(row, site.signing(row, { signAlgo: undefined })),
      'parameters-missing': (row) => site.signed(row, () => ({ signAlgo: PSS })),
      'hash-algorithm-missing': (row) => site.signed(row, () => ({ signAlgo: RSA })),
      'hash-algorithm-invalid': (row) =>
        site.signed(row, () => ({ signAlgo: RSA, [algorithmName(row)]: '1.2.3.4' })),
      'sign-algorithm-invalid': (row) => site.signed(row, () => ({ signAlgo: '1.2.3.4' })),
      'digest-length': (row) =>
        site.signed(row, () => ({ [hashName(row)]: [randomBytes(20).toString('base64')] })),
      'sad-expired': async (row) => {
        const hashes = newHashes(1)
        const SAD = await sadFor(site.service, site.ada, hashes, { PIN: site.ada.signer.pin })
        return site.later(() => site.send(row, site.signing(row, { SAD, [hashName(row)]: base64(hashes) })))
      },
      'certificate-expired': async (row) => {
        const account = await makeAccount(site.service, { notAfter: site.now() + HOUR / 4 })
        const hashes = newHashes(1)
        const SAD = await sadFor(site.service, account, hashes)
        const { credentialID, token } = account
        const body = { credentialID, SAD, [hashName(row)]: base64(hashes), signAlgo: '1.2.840.10045.4.3.2' }
        return site.later(() => site.send(row, body, { token }))
      },
    },
    'signatures/signPolling': {
      'not-yet': site.polledAtOnce,
      'request-missing': (row) => site.send(row, {}),
      'request-invalid': (row) => site.send(row, { requestID: 'nobodys' }),
      'user-id-given': (row) => site.send(row, { requestID: 'x', userID: 'somebody' }),
    },
  }
}
