import { readIndirectObject, streamBytes } from './indirectObject.ts'
import { Lexer } from './lexer.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import type { PdfSource } from './readingBudget.ts'
import { decodeStream } from './streamData.ts'
import { countOf, entryOf, isName, type PdfDictionary } from './values.ts'

export type XrefEntry =
  | { readonly type: 'free' }
  | { readonly type: 'offset'; readonly offset: number; readonly generation: number }
  | { readonly type: 'compressed'; readonly stream: number; readonly index: number }

/** One cross-reference section: a table (ISO 32000-2 §7.5.4) or a stream (§7.5.8). Entries are read when asked for. */
export interface XrefSection {
  readonly style: 'table' | 'stream'
  readonly trailer: PdfDictionary
  /** One more than the highest object number in it. */
  readonly end: number
  /** Throws PdfRefusal. */
  find(number: number): XrefEntry | undefined
}

interface Subsection {
  readonly first: number
  readonly count: number
  /** Of its first entry: position in the file, or number of the entry in the stream. */
  readonly at: number
}

const TABLE_ENTRY = 20
/** ISO 32000-1 Annex C: no reader takes more objects. */
export const MAX_OBJECTS = 8_388_607

export function brokenXref(what: string, options?: ErrorOptions): PdfRefusal {
  return new PdfRefusal('broken-cross-reference', `The PDF is damaged: ${what}.`, options)
}

/** Reads the section at a position. Throws PdfRefusal. */
export function readXrefSection(source: PdfSource, at: number): XrefSection {
  const lexer = new Lexer(source, at)
  return lexer.takeWord('xref') ? readTable(source, lexer) : readStream(source, at)
}

function readTable({ bytes, budget }: PdfSource, lexer: Lexer): XrefSection {
  const subsections: Subsection[] = []
  while (!lexer.takeWord('trailer')) {
    const first = lexer.takeInteger()
    const count = lexer.takeInteger()
    if (first === undefined || count === undefined)
      throw brokenXref('the cross-reference table cannot be read')
    lexer.skipSpace()
    budget.spendValue()
    subsections.push({ first, count, at: lexer.at })
    lexer.at += count * TABLE_ENTRY
  }
  const trailer = lexer.value()
  if (trailer.kind !== 'dictionary') throw brokenXref('the trailer is not a dictionary')
  const index = indexOf(subsections)
  const find = (number: number): XrefEntry | undefined => {
    const subsection = index.find(number)
    if (subsection === undefined) return undefined
    return tableEntry(bytes, subsection.at + (number - subsection.first) * TABLE_ENTRY)
  }
  return { style: 'table', trailer, end: index.end, find }
}

function tableEntry(bytes: Buffer, at: number): XrefEntry {
  const written = bytes.toString('latin1', at, at + TABLE_ENTRY)
  const match = /^([0-9]{10}) ([0-9]{5}) ([nf])(?: \r| \n|\r\n)$/.exec(written)
  if (match === null) throw brokenXref(`the cross-reference entry at byte ${at} is malformed`)
  if (match[3] === 'f') return { type: 'free' }
  return { type: 'offset', offset: Number(match[1]), generation: Number(match[2]) }
}

function readStream(source: PdfSource, at: number): XrefSection {
  const object = readIndirectObject(source, at)
  if (object?.value.kind !== 'dictionary' || object.streamAt === undefined)
    throw brokenXref(`there is no cross-reference at byte ${at}`)
  const trailer = object.value
  if (!isName(entryOf(trailer, 'Type'), 'XRef')) throw brokenXref(`there is no cross-reference at byte ${at}`)
  const length = countOf(entryOf(trailer, 'Length'))
  const encoded = streamBytes(source, { dictionary: trailer, streamAt: object.streamAt, length })
  const data = decodeStream(trailer, { ...source, bytes: encoded })

  const widths = numbers(trailer, 'W') ?? []
  const [typeWidth, secondWidth, thirdWidth] = widths
  if (
    typeWidth === undefined ||
    secondWidth === undefined ||
    thirdWidth === undefined ||
    Math.max(...widths) > 6
  )
    throw brokenXref('the cross-reference stream has unusable field widths')
  const index = indexOf(streamSubsections(trailer))
  const size = typeWidth + secondWidth + thirdWidth
  const find = (number: number): XrefEntry | undefined => {
    const subsection = index.find(number)
    if (subsection === undefined) return undefined
    const entry = (subsection.at + number - subsection.first) * size
    if (size === 0 || entry + size > data.length) throw brokenXref('the cross-reference stream is too short')
    const second = typeWidth + entry
    return streamEntry(
      typeWidth === 0 ? 1 : data.readUIntBE(entry, typeWidth),
      secondWidth === 0 ? 0 : data.readUIntBE(second, secondWidth),
      thirdWidth === 0 ? 0 : data.readUIntBE(second + secondWidth, thirdWidth),
    )
  }
  return { style: 'stream', trailer, end: index.end, find }
}

function streamEntry(type: number, second: number, third: number): XrefEntry | undefined {
  if (type === 0) return { type: 'free' }
  if (type === 1) return { type: 'offset', offset: second, generation: third }
  // Other types mean a null object (§7.5.8.3).
  return type === 2 ? { type: 'compressed', stream: second, index: third } : { type: 'free' }
}

function numbers(dictionary: PdfDictionary, name: string): readonly number[] | undefined {
  const value = entryOf(dictionary, name)
  if (value === undefined) return undefined
  const counts = value.kind === 'array' ? value.items.map((item) => countOf(item)) : [undefined]
  return counts.map((count) => {
    if (count === undefined) throw brokenXref(`the cross-reference stream has a wrong /${name}`)
    return count
  })
}

function streamSubsections(trailer: PdfDictionary): readonly Subsection[] {
  const bounds = numbers(trailer, 'Index') ?? [0, countOf(entryOf(trailer, 'Size')) ?? 0]
  const subsections: Subsection[] = []
  let at = 0
  for (let i = 0; i + 1 < bounds.length; i += 2) {
    const subsection = { first: bounds[i] ?? 0, count: bounds[i + 1] ?? 0, at }
    subsections.push(subsection)
    at += subsection.count
  }
  return subsections
}

function indexOf(given: readonly Subsection[]): {
  readonly end: number
  find(number: number): Subsection | undefined
} {
  const subsections = given.filter(({ count }) => count > 0).sort((a, b) => a.first - b.first)
  let end = 0
  for (const { first, count } of subsections) {
    // Two entries for one object in one section: which one counts is for each reader to guess.
    if (first < end) throw brokenXref('two parts of the cross-reference overlap')
    end = first + count
  }
  const find = (number: number): Subsection | undefined => {
    let low = 0
    let high = subsections.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const subsection = subsections[middle]
      if (subsection === undefined) return undefined
      if (number < subsection.first) high = middle - 1
      else if (number >= subsection.first + subsection.count) low = middle + 1
      else return subsection
    }
    return undefined
  }
  return { end, find }
}
