import { PdfRefusal } from '../../../ades/pdf/pdfRefusal.ts'
import { revisionTerms } from '../../../ades/signPdf.ts'
import { Refusal } from '../../domain/errors.ts'
import type { Deps } from '../deps.ts'
import { chainOf, type DocumentRead, type DocumentToSign, type Signing } from './prepareDocument.ts'

/** Has the PDFs among the documents read, all at one cost. Throws Refusal `document_unsignable`. */
export async function readDocuments(
  deps: Pick<Deps, 'pdfRevisions'>,
  documents: readonly DocumentToSign[],
  { credential, scheme, time, userId }: Signing & { readonly userId: string },
): Promise<readonly DocumentRead[]> {
  const pdfs = documents.flatMap((document) => (document.kind === 'pdf' ? [document.bytes] : []))
  if (pdfs.length === 0) return documents.flatMap((document) => (document.kind === 'pdf' ? [] : [document]))
  const terms = revisionTerms({ chain: chainOf(credential), scheme, time })
  try {
    const revisions = (await deps.pdfRevisions.revise({ userId, pdfs, terms })).values()
    return documents.map((document) => {
      if (document.kind !== 'pdf') return document
      const revision = revisions.next().value
      if (revision === undefined) throw new Error('a PDF without a revision')
      return { ...document, revision }
    })
  } catch (error) {
    if (!(error instanceof PdfRefusal)) throw error
    throw new Refusal('document_unsignable', { cause: error, detail: `PDF: ${error.reason}` })
  }
}
