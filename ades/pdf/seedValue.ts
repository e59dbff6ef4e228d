import type { PdfDocument } from './pdfDocument.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import { countOf, entryOf, type PdfDictionary } from './values.ts'

/**
 * Throws PdfRefusal if a field demands of its signature (`/SV`, ISO 32000-2 §12.7.5.5) what it will not be. What the
 * form's author only proposes is not looked at.
 */
export function requireMet(document: PdfDocument, field: PdfDictionary, digest: string): void {
  const seed = document.dictionary(entryOf(field, 'SV'))
  if (seed === undefined) return
  /** Bits of `/Ff`, and what the signature has. */
  const known = [
    { name: 'Filter', bit: 1, ours: 'adobe.ppklite' },
    { name: 'SubFilter', bit: 2, ours: 'etsi.cades.detached' },
    { name: 'DigestMethod', bit: 64, ours: digest },
  ]
  let demanded = countOf(document.resolve(entryOf(seed, 'Ff'))) ?? 0
  for (const { name, bit, ours } of known) {
    if ((demanded & bit) !== 0 && !valuesOf(document, seed, name).includes(ours))
      throw demanding(`another /${name}`)
    demanded &= ~bit
  }
  if (demanded !== 0) throw demanding('more than this client can give, such as a reason')
  const certification = document.dictionary(entryOf(seed, 'MDP'))
  const permission = certification && countOf(document.resolve(entryOf(certification, 'P')))
  if (permission !== undefined && permission !== 0) throw demanding('a certification')
}

function valuesOf(document: PdfDocument, seed: PdfDictionary, name: string): readonly string[] {
  const value = entryOf(seed, name)
  const items = document.list(value) ?? (value === undefined ? [] : [value])
  return items.map((item) => {
    const one = document.resolve(item)
    return (one?.kind === 'name' ? one.value : (document.text(one) ?? '')).toLowerCase()
  })
}

function demanding(what: string): PdfRefusal {
  return new PdfRefusal('field-not-usable', `The field demands of its signature ${what}.`)
}
