export type PdfRefusalReason =
  | 'not-a-pdf'
  | 'too-large'
  | 'too-complex'
  | 'encrypted'
  | 'broken-cross-reference'
  | 'broken-object'
  | 'broken-page-tree'
  | 'unsupported'
  | 'changes-forbidden'
  | 'xfa-form'
  | 'no-such-field'
  | 'field-not-usable'
  | 'no-such-place'

/** Why a PDF is not signed. The message is one sentence for the person who wanted it signed. */
export class PdfRefusal extends Error {
  readonly reason: PdfRefusalReason
  constructor(reason: PdfRefusalReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PdfRefusal'
    this.reason = reason
  }
}
