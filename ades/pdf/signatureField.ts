import { appearance } from './appearance.ts'
import { lockReferences } from './fieldLock.ts'
import { fullName, type Form, type FormField } from './form.ts'
import { changed, referenceSyntax, syntax } from './increment.ts'
import { findPage, type Page } from './pages.ts'
import type { PdfDocument } from './pdfDocument.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import { requireUnlocked, type Permissions } from './permissions.ts'
import { rectangleOf, rectangleSyntax } from './rectangle.ts'
import { requireMet } from './seedValue.ts'
import type { Updates } from './updates.ts'
import { countOf, entryOf, type PdfReference } from './values.ts'
import { placeOnPage, type VisiblePlace } from './visiblePlace.ts'
import { namesOf, waitingFields } from './waitingFields.ts'

/** Where the signature goes: nowhere on the page unless told. */
export type SignaturePlace =
  { readonly kind: 'invisible' } | { readonly kind: 'field'; readonly name: string } | VisiblePlace

export interface FieldInput {
  readonly document: PdfDocument
  readonly form: Form
  readonly permissions: Permissions
  readonly place: SignaturePlace
  /** Reference to the signature, in PDF syntax. */
  readonly signature: string
  readonly signerName: string
  readonly time: Date
  /** Name of the digest, such as `sha256`. */
  readonly digest: string
}

export interface SignedField {
  readonly name: string
  /** References that the signature must have because of the field's lock, in PDF syntax. */
  readonly references: readonly string[]
}

/** Print and Locked (ISO 32000-2 §12.5.3). */
const WIDGET_FLAGS = 4 + 128
const READ_ONLY = 1
const NOWHERE = '[0 0 0 0]'

/** Puts the signature into a field that waits for it, or into a new one. Throws PdfRefusal. */
export function fillField(updates: Updates, input: FieldInput): SignedField {
  const { place } = input
  return place.kind === 'field'
    ? fillWaitingField(updates, input, place.name)
    : addField(updates, input, place)
}

function addField(
  updates: Updates,
  input: FieldInput,
  place: Exclude<SignaturePlace, { kind: 'field' }>,
): SignedField {
  const { document, form, permissions, signature } = input
  const name = freeName(form)
  requireUnlocked(permissions, name)
  if (place.kind === 'page' && permissions.isCertified)
    throw new PdfRefusal(
      'changes-forbidden',
      'The certification of the PDF permits no new thing to be shown: sign invisibly, or into a field that waits.',
    )
  const page = findPage(document, place.kind === 'page' ? place.page : 1)
  const shown =
    place.kind === 'page' ? visibleEntries(updates, { ...input, place, page }) : `/Rect ${NOWHERE}\n`
  const field = updates.add(
    syntax(
      `<<\n/Type /Annot\n/Subtype /Widget\n/FT /Sig\n/T (${name})\n/F ${WIDGET_FLAGS}\n${shown}`,
      `/P ${referenceSyntax(page.reference)}\n/V ${signature}\n>>`,
    ),
  )
  updates.appendTo(page.reference, page.dictionary, 'Annots', referenceSyntax(field))
  updates.noteSignature(form, field)
  return { name, references: [] }
}

function visibleEntries(
  updates: Updates,
  input: FieldInput & { readonly place: VisiblePlace; readonly page: Page },
): string {
  const { rectangle, width, height, rotation } = placeOnPage(input.document, input.page, input.place)
  const { signerName, time } = input
  const stream = updates.add(appearance({ width, height, rotation, signerName, time }))
  const turned = rotation === 0 ? '' : `/MK << /R ${rotation} >>\n`
  return `/Rect ${rectangleSyntax(rectangle)}\n/AP << /N ${referenceSyntax(stream)} >>\n${turned}`
}

function freeName({ fields }: Form): string {
  const names = new Set(fields.map(({ partialName }) => partialName))
  let number = 1
  while (names.has(`Signature${number}`)) number++
  return `Signature${number}`
}

function fillWaitingField(updates: Updates, input: FieldInput, name: string): SignedField {
  const { document, form, permissions, signature, digest } = input
  const { field, reference } = waitingField(document, form, name)
  requireUnlocked(permissions, name)
  requireMet(document, field.dictionary, digest)
  const widget = widgetOf(form, field)
  const shown = widget === undefined ? undefined : widgetAppearance(updates, input, widget)
  const isOne = widget?.dictionary === field.dictionary
  const entries = { V: signature, ...(isOne && shown !== undefined ? { AP: shown } : {}) }
  updates.write(reference, changed(field.dictionary, entries))
  if (!isOne && shown !== undefined && widget?.reference !== undefined)
    updates.write(widget.reference, changed(widget.dictionary, { AP: shown }))
  updates.noteSignature(form)
  const lock = document.dictionary(entryOf(field.dictionary, 'Lock'))
  return { name, references: lock === undefined ? [] : lockReferences(document, lock) }
}

function waitingField(
  document: PdfDocument,
  form: Form,
  name: string,
): { readonly field: FormField; readonly reference: PdfReference } {
  const waiting = waitingFields(document, form)
  const others =
    waiting.length === 0 ? 'No field waits' : `Waiting for a signature: ${namesOf(waiting).join(', ')}`
  const field = form.fields.find((one) => one.partialName !== undefined && fullName(one) === name)
  if (field === undefined) throw new PdfRefusal('no-such-field', `The PDF has no field "${name}". ${others}.`)
  if (!waiting.includes(field)) {
    const isSigned = field.type === 'Sig' && document.dictionary(entryOf(field.dictionary, 'V')) !== undefined
    const what = isSigned ? 'is signed already' : 'is not one for a signature'
    throw new PdfRefusal('field-not-usable', `The field "${name}" ${what}. ${others}.`)
  }
  const flags = countOf(document.resolve(entryOf(field.dictionary, 'Ff'))) ?? 0
  if ((flags & READ_ONLY) !== 0)
    throw new PdfRefusal('field-not-usable', `The field "${name}" is read-only: it may not be signed.`)
  if (field.reference === undefined)
    throw new PdfRefusal(
      'broken-object',
      `The PDF is damaged: the field "${name}" is not an object of its own.`,
    )
  return { field, reference: field.reference }
}

/** A field and its widget are often one object (§12.5.6.19); with several widgets, the first shows the signature. */
function widgetOf({ fields }: Form, field: FormField): FormField | undefined {
  if (entryOf(field.dictionary, 'Rect') !== undefined) return field
  return fields.find(
    ({ parent, dictionary }) => parent === field && entryOf(dictionary, 'Rect') !== undefined,
  )
}

/** The form's author decided by the rectangle whether the signature is seen. */
function widgetAppearance(updates: Updates, input: FieldInput, widget: FormField): string | undefined {
  const { document, signerName, time } = input
  const rectangle = rectangleOf(document, entryOf(widget.dictionary, 'Rect'))
  if (rectangle === undefined || rectangle.width === 0 || rectangle.height === 0) return undefined
  const characteristics = document.dictionary(entryOf(widget.dictionary, 'MK'))
  const turned = characteristics && countOf(document.resolve(entryOf(characteristics, 'R')))
  const rotation = turned === 90 || turned === 180 || turned === 270 ? turned : 0
  const isSideways = rotation === 90 || rotation === 270
  const [width, height] = isSideways
    ? [rectangle.height, rectangle.width]
    : [rectangle.width, rectangle.height]
  const stream = updates.add(appearance({ width, height, rotation, signerName, time }))
  return `<< /N ${referenceSyntax(stream)} >>`
}
