import { referenceSyntax } from './increment.ts'
import type { PdfDocument } from './pdfDocument.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import { countOf, entryOf, type PdfDictionary } from './values.ts'

/** Which fields a signature locks: `/Lock` of its field, or FieldMDP among its references (ISO 32000-2 §12.8.2.4). */
export interface FieldLock {
  readonly action: 'All' | 'Include' | 'Exclude'
  readonly fields: readonly string[]
}

/** Undefined if the dictionary locks no field. Throws PdfRefusal. */
export function fieldLockOf(document: PdfDocument, dictionary: PdfDictionary): FieldLock | undefined {
  const action = document.resolve(entryOf(dictionary, 'Action'))
  if (action === undefined) return undefined
  const name = action.kind === 'name' ? action.value : undefined
  if (name !== 'All' && name !== 'Include' && name !== 'Exclude') throw brokenLock()
  if (name === 'All') return { action: name, fields: [] }
  const fields = document.list(entryOf(dictionary, 'Fields'))
  if (fields === undefined) throw brokenLock()
  const names = fields.map((item) => {
    const field = document.text(item)
    if (field === undefined) throw brokenLock()
    return field
  })
  return { action: name, fields: names }
}

export function isLocked({ action, fields }: FieldLock, name: string): boolean {
  if (action === 'All') return true
  const isNamed = fields.some((field) => name === field || name.startsWith(`${field}.`))
  return isNamed === (action === 'Include')
}

/**
 * What a signature in a field with this `/Lock` (§12.7.5.5) must refer to, in PDF syntax: nothing changes after it what
 * the form's author wanted locked by it. Throws PdfRefusal.
 */
export function lockReferences(document: PdfDocument, lock: PdfDictionary): readonly string[] {
  const transforms: string[] = []
  if (fieldLockOf(document, lock) !== undefined) {
    const fields = document.resolve(entryOf(lock, 'Fields'))
    const action = document.resolve(entryOf(lock, 'Action'))
    const named = fields === undefined ? '' : ` /Fields ${fields.source.toString('latin1')}`
    transforms.push(reference('FieldMDP', `/Action ${action?.source.toString('latin1') ?? '/All'}${named}`))
  }
  const permission = countOf(document.resolve(entryOf(lock, 'P')))
  if (permission !== undefined) transforms.push(reference('DocMDP', `/P ${permission}`))
  return transforms

  function reference(method: string, parameters: string): string {
    const data = referenceSyntax(document.catalog.reference)
    return (
      `<< /Type /SigRef /TransformMethod /${method} /Data ${data}` +
      ` /TransformParams << /Type /TransformParams /V /1.2 ${parameters} >> >>`
    )
  }
}

function brokenLock(): PdfRefusal {
  return new PdfRefusal('broken-object', 'The PDF is damaged: the lock of a field cannot be read.')
}
