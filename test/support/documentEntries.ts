import { createHash } from 'node:crypto'
import { base64, ECDSA_SHA256 } from './service.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'

export function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** One entry of signDoc's `documentDigests`: CAdES, ECDSA with SHA-256 unless overridden. */
export function digestEntries(hashes: readonly Buffer[], changes: object = {}): readonly object[] {
  return [
    {
      hashes: base64(hashes),
      hashAlgorithmOID: SHA256,
      signature_format: 'C',
      signAlgo: ECDSA_SHA256,
      ...changes,
    },
  ]
}

export function digestEntry(hashes: readonly Buffer[], changes: object = {}): object {
  return { documentDigests: digestEntries(hashes, changes) }
}

/** One entry of `documents`. */
export function documentEntry(document: Buffer, changes: object = {}): object {
  return {
    documents: [
      { document: document.toString('base64'), signature_format: 'C', signAlgo: ECDSA_SHA256, ...changes },
    ],
  }
}
