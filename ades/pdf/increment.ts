import { createHash } from 'node:crypto'
import type { PdfDocument } from './pdfDocument.ts'
import { entryOf, type PdfDictionary, type PdfReference } from './values.ts'

/** An object of the new revision. */
export interface NewObject {
  readonly number: number
  readonly generation: number
  readonly body: Buffer
}

/** Bytes to append, and where in the whole file the body of each object begins. */
export interface Increment {
  readonly bytes: Buffer
  readonly bodyAt: ReadonlyMap<number, number>
}

/** Of the newest trailer: what belongs to that section alone and not to the document. */
const OF_ONE_SECTION = new Set(
  ['Size', 'Prev', 'XRefStm'].concat(['Type', 'Length', 'Filter', 'DecodeParms', 'W', 'Index']),
)
const WIDTHS = [1, 5, 2] as const

/** A new dictionary with the entries of an old one, changed. Values are PDF syntax. */
export function changed(old: PdfDictionary, changes: Readonly<Record<string, string | Buffer>>): Buffer {
  const entries = new Map<string, string | Buffer>()
  for (const [name, value] of old.entries) entries.set(name, value.source)
  for (const [name, value] of Object.entries(changes)) entries.set(name, value)
  const parts = [...entries].flatMap(([name, value]) => [`${nameSyntax(name)} `, value, '\n'])
  return syntax('<<\n', ...parts, '>>')
}

export function syntax(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))
}

export function referenceSyntax({ number, generation }: Pick<PdfReference, 'number' | 'generation'>): string {
  return `${number} ${generation} R`
}

function nameSyntax(name: string): string {
  const escaped = name.replace(/[^!-~]|[#()<>[\]{}/%]/g, (character) => {
    return `#${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `/${escaped}`
}

/**
 * The update of a document (ISO 32000-2 §7.5.6), with a cross-reference in the style of the document's newest one:
 * a file that has streams must not go back to tables, an old reader of a table cannot read streams.
 */
export function incrementOf(document: PdfDocument, objects: readonly NewObject[]): Increment {
  const base = document.bytes.length
  const parts: Buffer[] = [Buffer.from('\n')]
  let at = base + 1
  const append = (part: Buffer): void => {
    parts.push(part)
    at += part.length
  }
  const offsets = new Map<number, { readonly offset: number; readonly generation: number }>()
  const bodyAt = new Map<number, number>()
  const place = (object: Pick<NewObject, 'number' | 'generation'>): void => {
    offsets.set(object.number, { offset: at, generation: object.generation })
    append(Buffer.from(`${object.number} ${object.generation} obj\n`))
    bodyAt.set(object.number, at)
  }
  for (const object of objects) {
    place(object)
    append(object.body)
    append(Buffer.from('\nendobj\n'))
  }

  const startXref = at
  const next = Math.max(document.nextNumber, ...objects.map(({ number }) => number + 1))
  const entries = { Prev: String(document.startXref), ...newIdentifier(document, objects) }
  if (document.newest.style === 'stream') {
    place({ number: next, generation: 0 })
    append(xrefStream(offsets, (own) => trailer(document, { ...own, ...entries, Size: String(next + 1) })))
  } else append(xrefTable(offsets, trailer(document, { ...entries, Size: String(next) })))
  append(Buffer.from(`startxref\n${startXref}\n%%EOF\n`))
  return { bytes: Buffer.concat(parts), bodyAt }
}

type Offsets = ReadonlyMap<number, { readonly offset: number; readonly generation: number }>

function trailer(document: PdfDocument, changes: Readonly<Record<string, string>>): Buffer {
  const { newest } = document
  const entries = [...newest.trailer.entries].filter(([name]) => !OF_ONE_SECTION.has(name))
  const kept: PdfDictionary = { ...newest.trailer, entries: new Map(entries) }
  return changed(kept, changes)
}

/** The document keeps the first half of its identifier, each revision has a second of its own (§14.4). */
function newIdentifier({ newest }: PdfDocument, objects: readonly NewObject[]): { readonly ID?: string } {
  const written = entryOf(newest.trailer, 'ID')
  const first = written?.kind === 'array' ? written.items[0] : undefined
  if (first?.kind !== 'string') return {}
  const hash = createHash('sha256').update(first.bytes)
  for (const { body } of objects) hash.update(body)
  return { ID: `[<${first.bytes.toString('hex')}> <${hash.digest('hex').slice(0, 32)}>]` }
}

/** Runs of consecutive object numbers. */
function runs(offsets: Offsets): readonly (readonly number[])[] {
  const found: number[][] = []
  for (const number of [...offsets.keys()].sort((a, b) => a - b)) {
    const run = found.at(-1)
    if (run?.at(-1) === number - 1) run.push(number)
    else found.push([number])
  }
  return found
}

function xrefTable(offsets: Offsets, trailerDictionary: Buffer): Buffer {
  const lines = ['xref\n']
  for (const run of runs(offsets)) {
    lines.push(`${run[0] ?? 0} ${run.length}\n`)
    for (const number of run) {
      const { offset, generation } = offsets.get(number) ?? { offset: 0, generation: 0 }
      lines.push(`${String(offset).padStart(10, '0')} ${String(generation).padStart(5, '0')} n \n`)
    }
  }
  return syntax(...lines, 'trailer\n', trailerDictionary, '\n')
}

function xrefStream(
  offsets: Offsets,
  trailerWith: (own: Readonly<Record<string, string>>) => Buffer,
): Buffer {
  const [typeWidth, offsetWidth, generationWidth] = WIDTHS
  const index: string[] = []
  const rows: Buffer[] = []
  for (const run of runs(offsets)) {
    index.push(`${run[0] ?? 0} ${run.length}`)
    for (const number of run) {
      const { offset, generation } = offsets.get(number) ?? { offset: 0, generation: 0 }
      const row = Buffer.alloc(typeWidth + offsetWidth + generationWidth)
      row.writeUInt8(1)
      row.writeUIntBE(offset, typeWidth, offsetWidth)
      row.writeUIntBE(generation, typeWidth + offsetWidth, generationWidth)
      rows.push(row)
    }
  }
  const data = Buffer.concat(rows)
  const dictionary = trailerWith({
    Type: '/XRef',
    W: `[${WIDTHS.join(' ')}]`,
    Index: `[${index.join(' ')}]`,
    Length: String(data.length),
  })
  return syntax(dictionary, '\nstream\n', data, '\nendstream\nendobj\n')
}
