import { createHash, randomBytes } from 'node:crypto'

export type HashName = 'sha256' | 'sha384' | 'sha512'

export const HASH_OIDS: Readonly<Record<HashName, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
}

/** Something to be signed: the suite keeps the data, so that a signature can be verified over them. */
export interface Document {
  readonly data: Buffer
  /** Of the hash. */
  readonly algorithm: HashName
  /** Base64 of its hash. */
  readonly hash: string
}

export function newDocument(algorithm: HashName = 'sha256'): Document {
  return documentOf(randomBytes(40), algorithm)
}

export function documentOf(data: Buffer, algorithm: HashName = 'sha256'): Document {
  return { data, algorithm, hash: createHash(algorithm).update(data).digest('base64') }
}

export function newDocuments(count: number, algorithm: HashName = 'sha256'): readonly Document[] {
  return Array.from({ length: count }, () => newDocument(algorithm))
}

export function hashesOf(documents: readonly Document[]): readonly string[] {
  return documents.map(({ hash }) => hash)
}
