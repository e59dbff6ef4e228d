import type { PdfDocument } from './pdfDocument.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import { countOf, entryOf, isName, textOf, type PdfDictionary, type PdfValue } from './values.ts'

const MAX_FIELDS = 100_000

/** The interactive form as it stands (ISO 32000-2 §12.7.3). */
export interface Form {
  readonly dictionary: PdfDictionary | undefined
  /** Names of the fields at the top. */
  readonly names: ReadonlySet<string>
}

/** Reads the form and refuses a document to which a signature may not be added. Throws PdfRefusal. */
export function signableForm(document: PdfDocument): Form {
  const catalog = document.catalog.dictionary
  const written = entryOf(catalog, 'AcroForm')
  const dictionary = document.dictionary(written)
  if (written !== undefined && document.resolve(written) !== undefined && dictionary === undefined)
    throw new PdfRefusal('broken-object', 'The PDF is damaged: its form cannot be read.')
  if (dictionary !== undefined && entryOf(dictionary, 'XFA') !== undefined)
    throw new PdfRefusal('xfa-form', 'The PDF is an XFA form: what it shows can change after it is signed.')

  const permissions = document.dictionary(entryOf(catalog, 'Perms'))
  const certification = permissions && document.dictionary(entryOf(permissions, 'DocMDP'))
  if (certification !== undefined) refuseLocked(document, certification)

  const names = new Set<string>()
  const fields = fieldsOf(document, dictionary)
  for (const { field, isTop } of fields) {
    const name = document.resolve(entryOf(field, 'T'))
    if (isTop && name?.kind === 'string') names.add(textOf(name))
    refuseLockedField(document, field)
  }
  return { dictionary, names }
}

function* fieldsOf(
  document: PdfDocument,
  form: PdfDictionary | undefined,
): Generator<{ readonly field: PdfDictionary; readonly isTop: boolean }> {
  const top = form === undefined ? undefined : document.resolve(entryOf(form, 'Fields'))
  const pending = top === undefined ? [] : kidsOf(top).map((node) => ({ node, isTop: true }))
  const seen = new Set<number>()
  let count = 0
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.node.kind === 'reference') {
      if (seen.has(next.node.number)) continue
      seen.add(next.node.number)
    }
    if (++count > MAX_FIELDS) throw new PdfRefusal('too-complex', 'The form of the PDF has too many fields.')
    const field = document.dictionary(next.node)
    if (field === undefined) continue
    yield { field, isTop: next.isTop }
    const kids = document.resolve(entryOf(field, 'Kids'))
    if (kids !== undefined) for (const node of kidsOf(kids)) pending.push({ node, isTop: false })
  }
}

function kidsOf(value: PdfValue): readonly PdfValue[] {
  if (value.kind !== 'array')
    throw new PdfRefusal('broken-object', 'The PDF is damaged: its form cannot be read.')
  return value.items
}

/** A signed field may forbid every later change: by its own lock (§12.7.5.5) or by its signature's references. */
function refuseLockedField(document: PdfDocument, field: PdfDictionary): void {
  const signature = document.dictionary(entryOf(field, 'V'))
  if (signature === undefined || !isName(document.resolve(entryOf(field, 'FT')), 'Sig')) return
  const lock = document.dictionary(entryOf(field, 'Lock'))
  if (lock !== undefined && countOf(document.resolve(entryOf(lock, 'P'))) === 1) throw locked()
  refuseLocked(document, signature)
}

/** DocMDP (§12.8.2.2): 1 permits nothing, 2 and 3 permit signing; 2 is the default. */
function refuseLocked(document: PdfDocument, signature: PdfDictionary): void {
  const references = document.resolve(entryOf(signature, 'Reference'))
  if (references?.kind !== 'array') return
  for (const item of references.items) {
    const reference = document.dictionary(item)
    if (reference === undefined) continue
    if (!isName(document.resolve(entryOf(reference, 'TransformMethod')), 'DocMDP')) continue
    const parameters = document.dictionary(entryOf(reference, 'TransformParams'))
    if (parameters !== undefined && countOf(document.resolve(entryOf(parameters, 'P'))) === 1) throw locked()
  }
}

function locked(): PdfRefusal {
  return new PdfRefusal(
    'changes-forbidden',
    'An earlier signature of the PDF forbids every change, also another signature.',
  )
}
