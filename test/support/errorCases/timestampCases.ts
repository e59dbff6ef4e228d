import { sha256 } from '../documentEntries.ts'
import { base64 } from '../service.ts'
import { SHA256, TEXT, type CasesByMethod, type ErrorSite } from './errorSite.ts'

/** The rows of signatures/timestamp. */
export function timestampCases(site: ErrorSite): CasesByMethod {
  return {
    'signatures/timestamp': {
      'hash-missing': (row) => site.send(row, { hashAlgo: SHA256 }),
      'hash-empty': (row) => site.send(row, { hash: '', hashAlgo: SHA256 }),
      'digest-length': (row) => site.send(row, { hash: 'AAAA', hashAlgo: SHA256 }),
      'hash-no-base64': (row) => site.send(row, { hash: '@@@@', hashAlgo: SHA256 }),
      'hash-algorithm-invalid': (row) =>
        site.send(row, { hash: base64([sha256(TEXT)])[0], hashAlgo: '1.2.3' }),
      'nonce-invalid': (row) =>
        site.send(row, { hash: base64([sha256(TEXT)])[0], hashAlgo: SHA256, nonce: 'xyz' }),
    },
  }
}
