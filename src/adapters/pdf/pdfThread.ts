import { parentPort } from 'node:worker_threads'
import { PdfDocument } from '../../../ades/pdf/pdfDocument.ts'
import { PdfRefusal, type PdfRefusalReason } from '../../../ades/pdf/pdfRefusal.ts'
import { signatureRevision, type SignatureRevision } from '../../../ades/pdf/signatureRevision.ts'
import type { RevisionTerms } from '../../../ades/signPdf.ts'

/** What the thread is told. Buffers come as plain Uint8Arrays. */
export interface PdfWork {
  readonly pdfs: readonly Uint8Array[]
  readonly terms: RevisionTerms
  /** What reading all of them may cost beside their own lengths. */
  readonly freeBytes: number
}

/** What it answers. */
export type PdfAnswer =
  | { readonly revisions: readonly SignatureRevision[] }
  | { readonly refused: PdfRefusalReason; readonly message: string }
  | { readonly failed: unknown }

parentPort?.on('message', (work: PdfWork) => {
  parentPort?.postMessage(answerTo(work))
})

function answerTo({ pdfs, terms, freeBytes }: PdfWork): PdfAnswer {
  let left = freeBytes
  const revisions: SignatureRevision[] = []
  try {
    for (const pdf of pdfs) {
      const document = new PdfDocument(Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength), left)
      revisions.push(signatureRevision({ document, ...terms }))
      // A document may also cost its own length, and leaves that to no other.
      left = Math.min(left, document.bytesLeft)
    }
    return { revisions }
  } catch (error) {
    return error instanceof PdfRefusal ? { refused: error.reason, message: error.message } : { failed: error }
  }
}
