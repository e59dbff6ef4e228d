import type { Form } from './form.ts'
import { changed, referenceSyntax, syntax, type NewObject } from './increment.ts'
import type { PdfDocument } from './pdfDocument.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import { countOf, entryOf, type PdfDictionary, type PdfReference, type PdfValue } from './values.ts'

/** SignaturesExist and AppendOnly (ISO 32000-2 §12.7.3). */
const SIG_FLAGS = 3

type Place = Pick<PdfReference, 'number' | 'generation'>

/** What the new revision adds to a document and changes in it, each object written once. */
export class Updates {
  readonly #document: PdfDocument
  readonly #objects = new Map<number, NewObject>()
  #next: number

  constructor(document: PdfDocument) {
    this.#document = document
    this.#next = document.nextNumber
  }

  objects(): readonly NewObject[] {
    return [...this.#objects.values()]
  }

  /** A place that no object has. */
  reserve(): Place {
    return { number: this.#next++, generation: 0 }
  }

  add(body: Buffer, place = this.reserve()): Place {
    this.write(place, body)
    return place
  }

  /** Throws PdfRefusal if the object was written before, otherwise: one list may serve as fields and annotations. */
  write({ number, generation }: Place, body: Buffer): void {
    const before = this.#objects.get(number)
    if (before?.body.equals(body) === true) return
    if (before !== undefined)
      throw new PdfRefusal('broken-object', 'The PDF is damaged: one object plays two parts.')
    this.#objects.set(number, { number, generation, body })
  }

  /** Adds an item to the array that an entry of an object holds, inline or as an object of its own. */
  appendTo(owner: Place, dictionary: PdfDictionary, name: string, item: string): void {
    const inline = this.#appended(entryOf(dictionary, name), item)
    if (inline !== undefined) this.write(owner, changed(dictionary, { [name]: inline }))
  }

  /** Says in the form that there are signatures, and names a field that is new in it. */
  noteSignature(form: Form, newField?: Place): void {
    const { reference: catalogReference, dictionary: catalog } = this.#document.catalog
    const field = newField === undefined ? undefined : referenceSyntax(newField)
    if (form.dictionary === undefined) {
      const added = this.add(syntax(`<<\n/Fields [${field ?? ''}]\n/SigFlags ${SIG_FLAGS}\n>>`))
      this.write(catalogReference, changed(catalog, { AcroForm: referenceSyntax(added) }))
      return
    }
    const flags = countOf(this.#document.resolve(entryOf(form.dictionary, 'SigFlags'))) ?? 0
    const fields = field && this.#appended(entryOf(form.dictionary, 'Fields'), field)
    if (fields === undefined && (flags & SIG_FLAGS) === SIG_FLAGS) return
    const body = changed(form.dictionary, {
      SigFlags: String(flags | SIG_FLAGS),
      ...(fields === undefined ? {} : { Fields: fields }),
    })
    const written = entryOf(catalog, 'AcroForm')
    if (written?.kind === 'reference') this.write(written, body)
    else this.write(catalogReference, changed(catalog, { AcroForm: body }))
  }

  /** The new array, if it stands inline; an array that is an object of its own is written here. */
  #appended(value: PdfValue | undefined, item: string): Buffer | undefined {
    const array = this.#document.resolve(value)
    if (array === undefined) return syntax(`[${item}]`)
    if (array.kind !== 'array')
      throw new PdfRefusal('broken-object', 'The PDF is damaged: a list cannot be read.')
    const body = syntax(array.source.subarray(0, -1), `\n${item}]`)
    if (value?.kind !== 'reference') return body
    this.write(value, body)
    return undefined
  }
}
