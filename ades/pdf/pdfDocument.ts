import { readIndirectObject, streamBytes } from './indirectObject.ts'
import { Lexer } from './lexer.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import { wholeFile, type PdfSource } from './readingBudget.ts'
import { decodeStream } from './streamData.ts'
import {
  countOf,
  entryOf,
  isName,
  textOf,
  type PdfDictionary,
  type PdfReference,
  type PdfValue,
} from './values.ts'
import { MAX_OBJECTS, brokenXref, readXrefSection, type XrefEntry, type XrefSection } from './xrefSection.ts'

/** One file is read into memory; the increment adds kilobytes. */
export const MAX_PDF_BYTES = 1024 * 1024 * 1024
const MAX_SECTIONS = 4096
/** Readers look for `startxref` near the end; a trailing comment of a few lines does no harm. */
const TAIL = 2048
/** References that lead only to the next reference. */
const MAX_HOPS = 16
/** Bytes of the budget for an item of a list, whatever it is. */
const ITEM_COST = 64

/** A PDF that can be read, found by its cross-reference only: a file that needs repair is refused, never guessed at. */
export class PdfDocument {
  readonly bytes: Buffer
  /** Newest first. */
  readonly sections: readonly XrefSection[]
  /** Position of the newest section. */
  readonly startXref: number
  readonly #objects = new Map<number, PdfValue | undefined>()
  readonly #objectStreams = new Map<number, ObjectStream>()
  readonly #source: PdfSource

  /** `freeBytes`: what reading may cost beside the file's own length. Throws PdfRefusal. */
  constructor(bytes: Buffer, freeBytes?: number) {
    if (bytes.length > MAX_PDF_BYTES) throw new PdfRefusal('too-large', 'The PDF is larger than 1 GiB.')
    if (bytes.toString('latin1', 0, 5) !== '%PDF-')
      throw new PdfRefusal('not-a-pdf', 'The file is not a PDF: it does not begin with %PDF-.')
    this.bytes = bytes
    this.#source = wholeFile(bytes, freeBytes)
    this.startXref = findStartXref(this.#source)
    this.sections = readSections(this.#source, this.startXref)
    if (this.sections.some(({ trailer }) => entryOf(trailer, 'Encrypt') !== undefined))
      throw new PdfRefusal('encrypted', 'The PDF is encrypted: remove its password or protection first.')
  }

  /** What reading may still cost, in bytes. */
  get bytesLeft(): number {
    return this.#source.budget.bytes
  }

  get newest(): XrefSection {
    const [newest] = this.sections
    if (newest === undefined) throw brokenXref('it has no cross-reference')
    return newest
  }

  get catalog(): { readonly reference: PdfReference; readonly dictionary: PdfDictionary } {
    const reference = entryOf(this.newest.trailer, 'Root')
    if (reference?.kind !== 'reference') throw brokenXref('the trailer names no document catalogue')
    const dictionary = this.dictionary(reference)
    if (dictionary === undefined) throw brokenXref('the document catalogue is missing')
    return { reference, dictionary }
  }

  /** A number that no object has, whatever /Size says. */
  get nextNumber(): number {
    const ends = this.sections.map(({ end, trailer }) =>
      Math.max(end, countOf(entryOf(trailer, 'Size')) ?? 0),
    )
    const next = Math.max(1, ...ends)
    if (next > MAX_OBJECTS)
      throw new PdfRefusal('too-complex', 'The PDF has more objects than a PDF may have.')
    return next
  }

  /** Follows references to what they mean; undefined for null and for what is not there. Throws PdfRefusal. */
  resolve(value: PdfValue | undefined): PdfValue | undefined {
    let found = value
    for (let hops = 0; found?.kind === 'reference'; hops++) {
      if (hops > MAX_HOPS)
        throw new PdfRefusal('broken-object', 'The PDF is damaged: references go in a circle.')
      found = this.#object(found)
    }
    return found?.kind === 'keyword' && found.value === 'null' ? undefined : found
  }

  dictionary(value: PdfValue | undefined): PdfDictionary | undefined {
    const found = this.resolve(value)
    return found?.kind === 'dictionary' ? found : undefined
  }

  /**
   * The items of an array, undefined for anything else. Each has its price each time: a list that is written once may
   * stand in a hundred thousand places. Throws PdfRefusal.
   */
  list(value: PdfValue | undefined): readonly PdfValue[] | undefined {
    const found = this.resolve(value)
    if (found?.kind !== 'array') return undefined
    this.#source.budget.spendBytes(found.items.length * ITEM_COST)
    return found.items
  }

  /** A text string, undefined for anything else; at its price each time, as a list. Throws PdfRefusal. */
  text(value: PdfValue | undefined): string | undefined {
    const found = this.resolve(value)
    if (found?.kind !== 'string') return undefined
    this.#source.budget.spendBytes(found.bytes.length)
    return textOf(found)
  }

  #object({ number, generation }: PdfReference): PdfValue | undefined {
    if (this.#objects.has(number)) return this.#objects.get(number)
    const entry = this.#entry(number)
    if (entry === undefined || entry.type === 'free') return undefined
    if (entry.type === 'offset' && entry.generation !== generation) return undefined
    const value =
      entry.type === 'offset'
        ? this.#read(number, entry.offset).value
        : this.#objectStream(entry.stream).value(number, entry.index)
    this.#objects.set(number, value)
    return value
  }

  #entry(number: number): XrefEntry | undefined {
    for (const section of this.sections) {
      this.#source.budget.spendBytes(1)
      const entry = section.find(number)
      if (entry !== undefined) return entry
    }
    return undefined
  }

  #read(number: number, offset: number): NonNullable<ReturnType<typeof readIndirectObject>> {
    const object = offset < this.bytes.length ? readIndirectObject(this.#source, offset) : undefined
    if (object?.number !== number) throw brokenXref(`object ${number} is not where the cross-reference says`)
    return object
  }

  #objectStream(number: number): ObjectStream {
    const known = this.#objectStreams.get(number)
    if (known !== undefined) return known
    const entry = this.#entry(number)
    // An object stream is never inside another (§7.5.7), nor is its length.
    if (entry?.type !== 'offset') throw brokenXref(`object stream ${number} is missing`)
    const { value, streamAt } = this.#read(number, entry.offset)
    if (value.kind !== 'dictionary' || streamAt === undefined || !isName(entryOf(value, 'Type'), 'ObjStm'))
      throw brokenXref(`object ${number} is not an object stream`)
    const length = this.#plainCount(entryOf(value, 'Length'))
    const encoded = streamBytes(this.#source, { dictionary: value, streamAt, length })
    const data = decodeStream(value, { ...this.#source, bytes: encoded })
    const stream = new ObjectStream(value, { ...this.#source, bytes: data })
    this.#objectStreams.set(number, stream)
    return stream
  }

  #plainCount(value: PdfValue | undefined): number | undefined {
    if (value?.kind !== 'reference') return countOf(value)
    const entry = this.#entry(value.number)
    return entry?.type === 'offset' ? countOf(this.#read(value.number, entry.offset).value) : undefined
  }
}

/** ISO 32000-2 §7.5.7. */
class ObjectStream {
  readonly #data: PdfSource
  readonly #count: number
  readonly #first: number
  #places: readonly { readonly number: number; readonly at: number }[] | undefined

  constructor(dictionary: PdfDictionary, data: PdfSource) {
    this.#data = data
    this.#count = countOf(entryOf(dictionary, 'N')) ?? 0
    this.#first = countOf(entryOf(dictionary, 'First')) ?? 0
  }

  value(number: number, index: number): PdfValue {
    this.#places ??= this.#readPlaces()
    const place = this.#places[index]
    if (place?.number !== number) throw brokenXref(`object ${number} is not in its object stream`)
    const lexer = new Lexer(this.#data, place.at)
    const value = lexer.value()
    this.#data.budget.spendBytes(lexer.at - place.at)
    return value
  }

  #readPlaces(): readonly { readonly number: number; readonly at: number }[] {
    const lexer = new Lexer(this.#data, 0)
    const places: { readonly number: number; readonly at: number }[] = []
    while (places.length < this.#count) {
      const number = lexer.takeInteger()
      const offset = lexer.takeInteger()
      if (number === undefined || offset === undefined)
        throw brokenXref('an object stream has no usable index')
      this.#data.budget.spendValue()
      places.push({ number, at: this.#first + offset })
    }
    return places
  }
}

function findStartXref(source: PdfSource): number {
  const { bytes } = source
  const at = bytes.lastIndexOf('startxref')
  if (at < 0 || at < bytes.length - TAIL) throw brokenXref('its end is missing')
  const lexer = new Lexer(source, at + 'startxref'.length)
  const offset = lexer.takeInteger()
  if (offset === undefined || offset >= bytes.length) throw brokenXref('its last cross-reference is missing')
  return offset
}

/** Follows /Prev and, in hybrid files, /XRefStm. */
function readSections(source: PdfSource, startXref: number): readonly XrefSection[] {
  const { bytes } = source
  const sections: XrefSection[] = []
  const seen = new Set<number>()
  const read = (value: PdfValue | number): XrefSection => {
    const offset = typeof value === 'number' ? value : (countOf(value) ?? bytes.length)
    if (seen.has(offset)) throw brokenXref('its cross-references go in a circle')
    if (seen.size >= MAX_SECTIONS) throw new PdfRefusal('too-complex', 'The PDF has too many revisions.')
    if (offset >= bytes.length) throw brokenXref('a cross-reference lies outside the file')
    seen.add(offset)
    return readXrefSection(source, offset)
  }
  for (let next: PdfValue | number | undefined = startXref; next !== undefined;) {
    const section = read(next)
    const streamAt = section.style === 'table' ? entryOf(section.trailer, 'XRefStm') : undefined
    sections.push(streamAt === undefined ? section : hybrid(section, read(streamAt)))
    next = entryOf(section.trailer, 'Prev')
  }
  return sections
}

/** What the table calls free is hidden from old readers only; the stream says where it is (§7.5.8.4). */
function hybrid(table: XrefSection, stream: XrefSection): XrefSection {
  return {
    ...table,
    end: Math.max(table.end, stream.end),
    find(number) {
      const entry = table.find(number)
      return entry === undefined || entry.type === 'free' ? (stream.find(number) ?? entry) : entry
    },
  }
}
