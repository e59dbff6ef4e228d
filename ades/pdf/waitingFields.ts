import { fullName, type Form, type FormField } from './form.ts'
import type { PdfDocument } from './pdfDocument.ts'
import { entryOf } from './values.ts'

/** Names that a person is told. */
const MOST_NAMED = 20

/** Signature fields without a signature. One with fields below it is none itself. */
export function waitingFields(document: PdfDocument, { fields }: Form): readonly FormField[] {
  const above = new Set(
    fields.map(({ partialName, parent }) => (partialName === undefined ? undefined : parent)),
  )
  return fields.filter(
    (field) =>
      field.type === 'Sig' &&
      field.partialName !== undefined &&
      !above.has(field) &&
      document.resolve(entryOf(field.dictionary, 'V')) === undefined,
  )
}

/** Fully qualified, the first of them. */
export function namesOf(fields: readonly FormField[]): readonly string[] {
  return fields.slice(0, MOST_NAMED).map(fullName)
}
