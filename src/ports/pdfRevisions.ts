import type { SignatureRevision } from '../../ades/pdf/signatureRevision.ts'
import type { RevisionTerms } from '../../ades/signPdf.ts'

/** PDFs of one request. */
export interface PdfsToRevise {
  readonly userId: string
  readonly pdfs: readonly Buffer[]
  readonly terms: RevisionTerms
}

/** Reads PDFs that nobody has looked at yet, where what they cost delays nobody else. */
export interface PdfRevisions {
  /**
   * One revision for each PDF, in order, with an invisible signature. Throws PdfRefusal for the first that cannot be
   * signed: `too-complex` also where reading them takes too long or too much memory.
   */
  revise(request: PdfsToRevise): Promise<readonly SignatureRevision[]>
}
