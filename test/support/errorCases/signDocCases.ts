import { randomBytes } from 'node:crypto'
import { samplePdf } from '../../../ades/pdf/samplePdf.ts'
import { digestEntry, documentEntry, sha256 } from '../documentEntries.ts'
import { newHashes } from '../samActs.ts'
import { base64, makeAccount, sadFor } from '../service.ts'
import { HOUR, PSS, RSA_SHA256, SHA384, TEXT, type CasesByMethod, type ErrorSite } from './errorSite.ts'

/** The rows of signatures/signDoc. */
export function signDocCases(site: ErrorSite): CasesByMethod {
  return {
    'signatures/signDoc': {
      'sad-missing': (row) => site.send(row, site.document({}, { SAD: undefined })),
      'sad-invalid': (row) => site.send(row, site.document()),
      'digests-invalid': (row) => site.send(row, site.document({}, { documentDigests: 'x' })),
      'documents-invalid': (row) =>
        site.send(row, site.document({}, { documentDigests: undefined, documents: {} })),
      'nothing-to-sign': (row) => site.send(row, site.document({}, { documentDigests: undefined })),
      'both-given': (row) => site.send(row, site.document({}, documentEntry(TEXT))),
      'hashes-no-base64': (row) => site.send(row, site.document({ hashes: ['@'] })),
      'documents-no-base64': (row) =>
        site.send(
          row,
          site.document({}, { documentDigests: undefined, ...documentEntry(TEXT, { document: '@' }) }),
        ),
      'not-authorized': async (row) => {
        const pdf = samplePdf()
        const SAD = await sadFor(site.service, site.ada, [sha256(pdf)], { PIN: site.ada.signer.pin })
        const form = { signature_format: 'P', signAlgo: RSA_SHA256 }
        return site.send(
          row,
          site.document({}, { SAD, documentDigests: undefined, ...documentEntry(pdf, form) }),
        )
      },
      'sign-algorithm-missing': (row) => site.send(row, site.document({ signAlgo: undefined })),
      'parameters-missing': (row) => site.send(row, site.document({ signAlgo: PSS })),
      'hash-algorithm-contradicts': (row) => site.send(row, site.document({ hashAlgorithmOID: SHA384 })),
      'hash-algorithm-invalid': (row) => site.send(row, site.document({ hashAlgorithmOID: '1.2.3.4' })),
      'sign-algorithm-invalid': (row) => site.send(row, site.document({ signAlgo: '1.2.3.4' })),
      'format-invalid': (row) => site.send(row, site.document({ signature_format: 'X' })),
      'format-missing': (row) => site.send(row, site.document({ signature_format: undefined })),
      'level-invalid': (row) => site.send(row, site.document({ conformance_level: 'AdES-B-LTA' })),
      'envelope-invalid': (row) => site.send(row, site.document({ signed_envelope_property: 'Enveloped' })),
      'signed-props-invalid': (row) =>
        site.send(
          row,
          site.document({ signed_props: [{ attribute_name: 'mime-type', attribute_value: 'AA==' }] }),
        ),
      'mode-invalid': (row) => site.send(row, site.document({}, { operationMode: 'X' })),
      'period-invalid': (row) =>
        site.send(row, site.document({}, { operationMode: 'A', validity_period: 'long' })),
      'period-out-of-bounds': (row) =>
        site.send(row, site.document({}, { operationMode: 'A', validity_period: 1e9 })),
      'response-uri-invalid': (row) =>
        site.send(row, site.document({}, { operationMode: 'A', response_uri: 'ftp://x' })),
      'digest-length': (row) =>
        site.send(row, site.document({ hashes: [randomBytes(20).toString('base64')] })),
      'sad-expired': async (row) => {
        const hashes = newHashes(1)
        const SAD = await sadFor(site.service, site.ada, hashes, { PIN: site.ada.signer.pin })
        return site.later(() => site.send(row, site.document({ hashes: base64(hashes) }, { SAD })))
      },
      'certificate-expired': async (row) => {
        const account = await makeAccount(site.service, { notAfter: site.now() + HOUR / 4 })
        const hashes = newHashes(1)
        const SAD = await sadFor(site.service, account, hashes)
        const { credentialID, token } = account
        return site.later(() => site.send(row, { credentialID, SAD, ...digestEntry(hashes) }, { token }))
      },
      'hash-mismatch': async (row) => {
        const SAD = await sadFor(site.service, site.ada, newHashes(1), { PIN: site.ada.signer.pin })
        return site.send(row, site.document({}, { SAD }))
      },
    },
  }
}
