import { createHash } from 'node:crypto'
import { firstPage, type Page } from './firstPage.ts'
import { signableForm, type Form } from './form.ts'
import { changed, incrementOf, referenceSyntax, syntax, type NewObject } from './increment.ts'
import type { PdfDocument } from './pdfDocument.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import { countOf, entryOf, type PdfValue } from './values.ts'

/** Print and Locked (ISO 32000-2 §12.5.3). */
const WIDGET_FLAGS = 4 + 128
/** SignaturesExist and AppendOnly (§12.7.3). */
const SIG_FLAGS = 3
const OFFSET_DIGITS = 10

export interface RevisionInput {
  readonly document: PdfDocument
  /** Claimed signing time, `/M`. */
  readonly time: Date
  /** Bytes that the CMS may take. */
  readonly contentsLength: number
}

/** A new revision of a PDF with a signature field whose `/Contents` is still empty (EN 319 142-1, ISO 32000-2 §12.8). */
export class SignatureRevision {
  readonly #original: Buffer
  readonly #increment: Buffer
  /** Of the hexadecimal digits, in the increment. */
  readonly #contentsAt: number
  readonly #contentsLength: number
  readonly fieldName: string

  constructor(parts: {
    readonly original: Buffer
    readonly increment: Buffer
    readonly contentsAt: number
    readonly contentsLength: number
    readonly fieldName: string
  }) {
    this.#original = parts.original
    this.#increment = parts.increment
    this.#contentsAt = parts.contentsAt
    this.#contentsLength = parts.contentsLength
    this.fieldName = parts.fieldName
  }

  /** Digest of all bytes except the `/Contents` string with its angle brackets. */
  digest(algorithm: string): Buffer {
    const end = this.#contentsAt + 2 * this.#contentsLength + 1
    return createHash(algorithm)
      .update(this.#original)
      .update(this.#increment.subarray(0, this.#contentsAt - 1))
      .update(this.#increment.subarray(end))
      .digest()
  }

  /** The whole signed file, in parts to be written one after the other. Throws RangeError if the CMS is too long. */
  withContents(cms: Buffer): readonly Buffer[] {
    if (cms.length > this.#contentsLength) throw new RangeError('the CMS is longer than the place for it')
    const signed = Buffer.from(this.#increment)
    signed.write(cms.toString('hex'), this.#contentsAt, 'latin1')
    return [this.#original, signed]
  }
}

/** Prepares a signature on the first page, invisible. Throws PdfRefusal if the document cannot be signed safely. */
export function signatureRevision({ document, time, contentsLength }: RevisionInput): SignatureRevision {
  const form = signableForm(document)
  const page = firstPage(document)
  const field = { number: document.nextNumber, generation: 0 }
  const signature = { number: field.number + 1, generation: 0 }
  const fieldName = freeName(form)
  const fieldReference = referenceSyntax(field)

  const widget = syntax(
    '<<\n/Type /Annot\n/Subtype /Widget\n/FT /Sig\n',
    `/T (${fieldName})\n/F ${WIDGET_FLAGS}\n/Rect [0 0 0 0]\n`,
    `/P ${referenceSyntax(page.reference)}\n/V ${referenceSyntax(signature)}\n>>`,
  )
  const value = signatureValue(time, contentsLength)
  const updates = new Updates(document)
  updates.appendTo({ ...page, name: 'Annots' }, fieldReference)
  addToForm(updates, { document, form, fieldReference, number: signature.number + 1 })
  const { bytes, bodyAt } = incrementOf(document, [
    { ...field, body: widget },
    { ...signature, body: value.body },
    ...updates.objects(),
  ])

  const valueAt = (bodyAt.get(signature.number) ?? 0) - document.bytes.length
  const contentsAt = valueAt + value.contentsAt
  writeByteRange(bytes, {
    at: valueAt + value.byteRangeAt,
    before: document.bytes.length + contentsAt - 1,
    after: document.bytes.length + contentsAt + 2 * contentsLength + 1,
    end: document.bytes.length + bytes.length,
  })
  return new SignatureRevision({
    original: document.bytes,
    increment: bytes,
    contentsAt,
    contentsLength,
    fieldName,
  })
}

function freeName({ names }: Form): string {
  let number = 1
  while (names.has(`Signature${number}`)) number++
  return `Signature${number}`
}

interface SignatureValue {
  readonly body: Buffer
  readonly byteRangeAt: number
  readonly contentsAt: number
}

function signatureValue(time: Date, contentsLength: number): SignatureValue {
  const head = '<<\n/Type /Sig\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.CAdES.detached\n'
  const byteRange = `/ByteRange [0 ${Array.from({ length: 3 }, () => ' '.repeat(OFFSET_DIGITS)).join(' ')}]\n`
  const date = `/M (${pdfDate(time)})\n`
  const beforeContents = `${head}${date}${byteRange}/Contents <`
  return {
    body: Buffer.from(`${beforeContents}${'0'.repeat(2 * contentsLength)}>\n>>`, 'latin1'),
    byteRangeAt: head.length + date.length + '/ByteRange [0 '.length,
    contentsAt: beforeContents.length,
  }
}

/** ISO 32000-2 §7.9.4, in UTC. */
function pdfDate(time: Date): string {
  return `D:${time
    .toISOString()
    .replace(/\.[0-9]+Z$/, '')
    .replace(/[-T:]/g, '')}+00'00'`
}

function writeByteRange(
  increment: Buffer,
  range: { readonly at: number; readonly before: number; readonly after: number; readonly end: number },
): void {
  const numbers = [range.before, range.after, range.end - range.after]
  const written = numbers.map((number) => String(number).padEnd(OFFSET_DIGITS)).join(' ')
  increment.write(written, range.at, 'latin1')
}

/** Objects of the document that the new revision changes, each written once. */
class Updates {
  readonly #document: PdfDocument
  readonly #objects = new Map<number, NewObject>()

  constructor(document: PdfDocument) {
    this.#document = document
  }

  objects(): Iterable<NewObject> {
    return this.#objects.values()
  }

  replace(object: NewObject): void {
    if (this.#objects.has(object.number))
      throw new PdfRefusal('broken-object', 'The PDF is damaged: one object plays two parts.')
    this.#objects.set(object.number, object)
  }

  /** Adds an item to the array that an entry of an object holds, inline or as an object of its own. */
  appendTo(owner: Page & { readonly name: string }, item: string): void {
    const inline = this.appended(entryOf(owner.dictionary, owner.name), item)
    if (inline === undefined) return
    this.replace({ ...owner.reference, body: changed(owner.dictionary, { [owner.name]: inline }) })
  }

  /** The new array, if it stands inline; an array that is an object of its own is replaced here. */
  appended(value: PdfValue | undefined, item: string): Buffer | undefined {
    const array = this.#document.resolve(value)
    if (array === undefined) return syntax(`[${item}]`)
    if (array.kind !== 'array')
      throw new PdfRefusal('broken-object', 'The PDF is damaged: a list cannot be read.')
    const body = syntax(array.source.subarray(0, -1), `\n${item}]`)
    if (value?.kind !== 'reference') return body
    this.replace({ ...value, body })
    return undefined
  }
}

interface FormUpdate {
  readonly document: PdfDocument
  readonly form: Form
  readonly fieldReference: string
  /** Free, for a form where there was none. */
  readonly number: number
}

function addToForm(updates: Updates, { document, form, fieldReference, number }: FormUpdate): void {
  const { reference: catalogReference, dictionary: catalog } = document.catalog
  if (form.dictionary === undefined) {
    const body = syntax(`<<\n/Fields [${fieldReference}]\n/SigFlags ${SIG_FLAGS}\n>>`)
    updates.replace({ number, generation: 0, body })
    updates.replace({ ...catalogReference, body: changed(catalog, { AcroForm: `${number} 0 R` }) })
    return
  }
  const fields = updates.appended(entryOf(form.dictionary, 'Fields'), fieldReference)
  const flags = countOf(document.resolve(entryOf(form.dictionary, 'SigFlags'))) ?? 0
  const body = changed(form.dictionary, {
    SigFlags: String(flags | SIG_FLAGS),
    ...(fields === undefined ? {} : { Fields: fields }),
  })
  const written = entryOf(catalog, 'AcroForm')
  if (written?.kind === 'reference') updates.replace({ ...written, body })
  else updates.replace({ ...catalogReference, body: changed(catalog, { AcroForm: body }) })
}
