import type { PdfDocument } from './pdfDocument.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import { entryOf, type PdfDictionary, type PdfReference, type PdfValue } from './values.ts'

const MAX_FIELDS = 100_000
const MAX_DEPTH = 64
const MAX_PARTIAL_NAME = 1000

/** A field, or a widget of one: whatever stands in the form's tree. */
export interface FormField {
  /** Undefined for a widget, whose name is its field's. */
  readonly partialName: string | undefined
  /** Undefined if it is no object of its own. */
  readonly reference: PdfReference | undefined
  readonly dictionary: PdfDictionary
  /** Its own or inherited, such as `Sig`. */
  readonly type: string | undefined
  readonly parent: FormField | undefined
  /** 0 at the top. */
  readonly depth: number
}

/** The interactive form as it stands (§12.7.3). */
export interface Form {
  readonly dictionary: PdfDictionary | undefined
  readonly fields: readonly FormField[]
}

/** Throws PdfRefusal, also for a form that can change what is shown. */
export function readForm(document: PdfDocument): Form {
  const written = entryOf(document.catalog.dictionary, 'AcroForm')
  const dictionary = document.dictionary(written)
  if (written !== undefined && document.resolve(written) !== undefined && dictionary === undefined)
    throw brokenForm()
  if (dictionary !== undefined && entryOf(dictionary, 'XFA') !== undefined)
    throw new PdfRefusal('xfa-form', 'The PDF is an XFA form: what it shows can change after it is signed.')
  return { dictionary, fields: [...fieldsOf(document, dictionary)] }
}

function* fieldsOf(document: PdfDocument, form: PdfDictionary | undefined): Generator<FormField> {
  const pending = form === undefined ? [] : pendingFields(document, entryOf(form, 'Fields'), undefined)
  const seen = new Set<number>()
  let count = 0
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, parent } = next
    if (node.kind === 'reference') {
      if (seen.has(node.number)) continue
      seen.add(node.number)
    }
    const depth = parent === undefined ? 0 : parent.depth + 1
    if (++count > MAX_FIELDS || depth > MAX_DEPTH)
      throw new PdfRefusal('too-complex', 'The form of the PDF has too many fields.')
    const dictionary = document.dictionary(node)
    if (dictionary === undefined) continue
    const field: FormField = {
      partialName: partialNameOf(document, dictionary),
      reference: node.kind === 'reference' ? node : undefined,
      dictionary,
      type: typeOf(document, dictionary) ?? parent?.type,
      parent,
      depth,
    }
    yield field
    for (const kid of pendingFields(document, entryOf(dictionary, 'Kids'), field)) pending.push(kid)
  }
}

interface PendingField {
  readonly node: PdfValue
  readonly parent: FormField | undefined
}

/** The last first: they are taken from the end. */
function pendingFields(
  document: PdfDocument,
  value: PdfValue | undefined,
  parent: FormField | undefined,
): PendingField[] {
  const nodes = document.list(value)
  if (nodes === undefined && document.resolve(value) !== undefined) throw brokenForm()
  return (nodes ?? []).map((node) => ({ node, parent })).reverse()
}

/** Fully qualified (ISO 32000-2 §12.7.4.2). */
export function fullName(field: FormField): string {
  const names: string[] = []
  for (let next: FormField | undefined = field; next !== undefined; next = next.parent)
    if (next.partialName !== undefined) names.unshift(next.partialName)
  return names.join('.')
}

function partialNameOf(document: PdfDocument, dictionary: PdfDictionary): string | undefined {
  return document.text(entryOf(dictionary, 'T'))?.slice(0, MAX_PARTIAL_NAME)
}

function typeOf(document: PdfDocument, dictionary: PdfDictionary): string | undefined {
  const type = document.resolve(entryOf(dictionary, 'FT'))
  return type?.kind === 'name' ? type.value : undefined
}

function brokenForm(): PdfRefusal {
  return new PdfRefusal('broken-object', 'The PDF is damaged: its form cannot be read.')
}
