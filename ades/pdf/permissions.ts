import { fieldLockOf, isLocked, type FieldLock } from './fieldLock.ts'
import type { Form, FormField } from './form.ts'
import type { PdfDocument } from './pdfDocument.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import { countOf, entryOf, isName, type PdfDictionary } from './values.ts'

/** What the signatures in a document let happen to it. */
export interface Permissions {
  /** A certification permits to sign and to fill in forms, not to put new things onto pages. */
  readonly isCertified: boolean
  readonly locks: readonly FieldLock[]
}

/** Throws PdfRefusal if an earlier signature forbids every change (DocMDP 1, ISO 32000-2 §12.8.2.2). */
export function permissionsOf(document: PdfDocument, { fields }: Form): Permissions {
  const found: Collected = { isCertified: false, locks: [] }
  const permissions = document.dictionary(entryOf(document.catalog.dictionary, 'Perms'))
  const certification = permissions && document.dictionary(entryOf(permissions, 'DocMDP'))
  if (certification !== undefined) {
    found.isCertified = true
    collectReferences(document, certification, found)
  }
  for (const field of fields) collectField(document, field, found)
  return found
}

/** Throws PdfRefusal if a signature in this field would break an earlier one. */
export function requireUnlocked({ locks }: Permissions, fieldName: string): void {
  if (!locks.some((lock) => isLocked(lock, fieldName))) return
  throw new PdfRefusal(
    'changes-forbidden',
    `An earlier signature of the PDF locks its form: the field ${fieldName} may not be signed any more.`,
  )
}

interface Collected {
  isCertified: boolean
  readonly locks: FieldLock[]
}

function collectField(document: PdfDocument, { dictionary, type }: FormField, found: Collected): void {
  const signature = document.dictionary(entryOf(dictionary, 'V'))
  if (signature === undefined || type !== 'Sig') return
  const lock = document.dictionary(entryOf(dictionary, 'Lock'))
  if (lock !== undefined) {
    collectLock(document, lock, found)
    collectCertification(document, lock, found)
  }
  collectReferences(document, signature, found)
}

function collectReferences(document: PdfDocument, signature: PdfDictionary, found: Collected): void {
  for (const item of document.list(entryOf(signature, 'Reference')) ?? []) {
    const reference = document.dictionary(item)
    const method = reference && document.resolve(entryOf(reference, 'TransformMethod'))
    const parameters = reference && document.dictionary(entryOf(reference, 'TransformParams'))
    if (isName(method, 'DocMDP')) found.isCertified = true
    if (parameters === undefined) continue
    if (isName(method, 'DocMDP')) collectCertification(document, parameters, found)
    if (isName(method, 'FieldMDP')) collectLock(document, parameters, found)
  }
}

function collectLock(document: PdfDocument, dictionary: PdfDictionary, { locks }: Collected): void {
  const lock = fieldLockOf(document, dictionary)
  if (lock !== undefined) locks.push(lock)
}

/** 1 permits nothing, 2 and 3 permit signing. */
function collectCertification(document: PdfDocument, dictionary: PdfDictionary, found: Collected): void {
  const permission = countOf(document.resolve(entryOf(dictionary, 'P')))
  if (permission === undefined) return
  found.isCertified = true
  if (permission !== 1) return
  throw new PdfRefusal(
    'changes-forbidden',
    'An earlier signature of the PDF forbids every change, also another signature.',
  )
}
