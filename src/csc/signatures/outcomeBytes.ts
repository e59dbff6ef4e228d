import type { DocumentToSign } from './prepareDocument.ts'

/** Of a signature with any key that there is. */
const SIGNATURE = 512

/** Of a CMS structure with its certificates, and of a PDF's new revision, unless a page of it is very large. */
const CMS = 16 * 1024
const REVISION = 64 * 1024

/** How long the outcome of signHash may become where it is stored, as base64. */
export function outcomeBytesOfHashes(count: number): number {
  return stored(Array.from({ length: count }, () => SIGNATURE))
}

/** How long the outcome of signDoc may become, about: what turns out longer is kept only if there is room. */
export function outcomeBytesOfDocuments(documents: readonly DocumentToSign[]): number {
  return stored(
    documents.map((document) => {
      switch (document.kind) {
        case 'digest':
          return CMS
        case 'file':
          return CMS + (document.isAttached ? document.bytes.length : 0)
        case 'pdf':
          return REVISION + document.bytes.length
      }
    }),
  )
}

function stored(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + 4 * Math.ceil(length / 3) + '"",'.length, 64)
}
