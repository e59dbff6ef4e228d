import { PdfDocument } from '../../ades/pdf/pdfDocument.ts'
import type { SignaturePlace } from '../../ades/pdf/signatureField.ts'
import { signatureRevision, type SignatureRevision } from '../../ades/pdf/signatureRevision.ts'

/** The revision that a signature would make, with room for a CMS of 64 bytes. Throws PdfRefusal. */
export function revisionOf(pdf: Buffer, place?: SignaturePlace): SignatureRevision {
  return signatureRevision({
    document: new PdfDocument(pdf),
    time: new Date(0),
    contentsLength: 64,
    digest: 'sha256',
    place,
    signerName: 'Ada Test',
  })
}
