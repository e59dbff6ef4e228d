import { deflateSync } from 'node:zlib'
import type { PdfRefusalReason } from '../../ades/pdf/pdfRefusal.ts'
import type { SignaturePlace } from '../../ades/pdf/signatureField.ts'
import { classicPdf, samplePdf } from '../../ades/pdf/samplePdf.ts'

/** What a reader is to do with a hostile file: refuse it for this reason, or find that it is harmless. */
export interface HostilePdf {
  readonly make: () => Buffer
  readonly outcome: PdfRefusalReason | 'signed'
  /** Where it is to be signed; invisibly if not given. */
  readonly place?: SignaturePlace
}

const MEBIBYTE = 1024 * 1024
const PAGES = '<< /Type /Pages /Kids [3 0 R] /Count 1 >>'
const PAGE = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>'
const withCatalog = (entries: string, ...more: readonly string[]): Buffer =>
  classicPdf([`<< /Type /Catalog /Pages 2 0 R ${entries} >>`, PAGES, PAGE, ...more])
const withPages = (...objects: readonly string[]): Buffer =>
  classicPdf(['<< /Type /Catalog /Pages 2 0 R >>', ...objects])
const times = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join('')
const text = (...parts: readonly string[]): Buffer => Buffer.from(parts.join(''), 'latin1')

const TAIL_LENGTH = 200
/** The sample with another end, whose newest cross-reference is the last `xref` or object in it. */
function withSections(...sections: readonly ((at: number) => string | Buffer)[]): Buffer {
  let file = samplePdf()
  let at = file.length
  for (const section of sections) {
    at = file.length
    file = Buffer.concat([file, Buffer.from(section(at))])
  }
  return Buffer.concat([file, text(`\nstartxref\n${at}\n%%EOF\n`)])
}
const startXrefOf = (pdf: Buffer): number =>
  Number(/startxref\n([0-9]+)/.exec(pdf.toString('latin1', pdf.length - TAIL_LENGTH))?.[1])
const SAMPLE_XREF = startXrefOf(samplePdf())
const emptyTable = (prev: number): string => `xref\ntrailer\n<< /Size 8 /Root 1 0 R /Prev ${prev} >>\n`

/** A file whose newest cross-reference is a stream with these entries and this data. */
function withXrefStream(entries: string, data: Buffer, prev = ''): Buffer {
  return withSections(() =>
    Buffer.concat([
      text(`9 0 obj\n<< /Type /XRef /Root 1 0 R ${prev} ${entries} /Length ${data.length} >>\nstream\n`),
      data,
      text('\nendstream\nendobj\n'),
    ]),
  )
}

/** A catalogue (object 2) in an object stream (object 1) with these entries and data. */
export function withObjectStream(entries: string, content: string | Buffer): Buffer {
  const data = Buffer.from(content)
  const header = '%PDF-1.7\n'
  const start = text(header, `1 0 obj\n<< /Type /ObjStm ${entries} /Length ${data.length} >>\nstream\n`)
  const before = Buffer.concat([start, data, text('\nendstream\nendobj\n')])
  const rows = Buffer.from([0, 0, 0, 1, header.length, 0, 2, 1, 0])
  const xref = text(
    `3 0 obj\n<< /Type /XRef /W [1 1 1] /Size 3 /Root 2 0 R /Length 9 >>\nstream\n`,
    rows.toString('latin1'),
    `\nendstream\nendobj\nstartxref\n${before.length}\n%%EOF\n`,
  )
  return Buffer.concat([before, xref])
}

/** Sections that each unfold to 60 MiB, chained by /Prev. */
function bombChain(count: number): Buffer {
  const data = deflateSync(Buffer.alloc(60 * MEBIBYTE))
  let previous = SAMPLE_XREF
  const sections = Array.from({ length: count }, (_, i) => (at: number): Buffer => {
    const head =
      `${20 + i} 0 obj\n<< /Type /XRef /Root 1 0 R /Size 9 /W [1 1 1] /Index [0 0] /Prev ${previous}` +
      ` /Filter /FlateDecode /Length ${data.length} >>\nstream\n`
    previous = at
    return Buffer.concat([text(head), data, text('\nendstream\nendobj\n')])
  })
  return withSections(...sections)
}

/** As many empty revisions as a reader follows, and as many fields as it looks at: each to be sought in all of them. */
function manyRevisionsAndFields(): Buffer {
  let file = withCatalog(`/AcroForm << /Fields [${times(90_000, (i) => `${i + 10} 0 R `)}] >>`).toString(
    'latin1',
  )
  let previous = startXrefOf(Buffer.from(file, 'latin1'))
  for (let revision = 0; revision < 4000; revision++) {
    const at = file.length
    file += emptyTable(previous)
    previous = at
  }
  return text(file, `startxref\n${previous}\n%%EOF\n`)
}

/** Objects that begin inside each other and all go on to the end of the file. */
function crossingObjects(): Buffer {
  const count = 4000
  const head = '%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n'
  const kids = times(count, (i) => `${i + 3} 0 R `)
  const root = `2 0 obj\n<< /Type /Pages /Kids [${kids}] >>\nendobj\n`
  let body = ''
  const offsets: number[] = [head.indexOf('1 0 obj'), head.length]
  // Every node is a dictionary whose entry holds the rest of the file, one level down in no bracket of its own.
  for (let i = 0; i < count; i++) {
    offsets.push(head.length + root.length + body.length)
    body += `${i + 3} 0 obj % `
  }
  body += `\n<< /Type /Pages /Kids [] /X (${'x'.repeat(200_000)}) >>\nendobj\n`
  const startXref = head.length + root.length + body.length
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  return text(
    head,
    root,
    body,
    `xref\n0 1\n0000000000 65535 f \n1 ${offsets.length}\n${table}`,
    `trailer\n<< /Size ${offsets.length + 1} /Root 1 0 R >>\nstartxref\n${startXref}\n%%EOF\n`,
  )
}

const MANY = 300_000
/** A form of many fields, in object 4 and on, that all refer to object 5. */
const sharingFields = (field: string, shared: string): Buffer =>
  withCatalog(
    `/AcroForm << /Fields [4 0 R ${times(900, (i) => `${i + 6} 0 R `)}] >>`,
    '<< >>',
    shared,
    ...Array.from({ length: 900 }, () => field),
  )

/** PNG rows of filter 4, the costliest, all of one size. */
export function predictedXref(length: number): Buffer {
  const width = 1000
  const rows = Math.floor(length / (width + 1))
  const row = Buffer.alloc(width + 1)
  row[0] = 4
  const parameters = `/DecodeParms << /Predictor 15 /Columns ${width} >>`
  const entries = `/W [1 2 1] /Size 3 /Filter /FlateDecode ${parameters}`
  return withXrefStream(entries, deflateSync(Buffer.alloc(rows * row.length, row)))
}

export const HOSTILE: Readonly<Record<string, HostilePdf>> = {
  'a cross-reference stream that unfolds to 63 MiB, each byte by its neighbours': {
    make: () => predictedXref(63 * MEBIBYTE),
    outcome: 'broken-cross-reference',
  },
  'two cross-references that lead to each other': {
    outcome: 'broken-cross-reference',
    make: () =>
      withSections(
        (at) => emptyTable(at + emptyTable(SAMPLE_XREF).length),
        (at) => emptyTable(at - emptyTable(SAMPLE_XREF).length),
      ),
  },
  'five thousand cross-references': {
    outcome: 'too-complex',
    make: () => {
      let previous = SAMPLE_XREF
      return withSections(
        ...Array.from({ length: 5000 }, () => (at: number) => {
          const section = emptyTable(previous)
          previous = at
          return section
        }),
      )
    },
  },
  'many revisions, with many fields to be sought in each': {
    outcome: 'too-complex',
    make: manyRevisionsAndFields,
  },
  'a page that is its own parent': {
    outcome: 'signed',
    make: () => withPages(PAGES, '<< /Type /Page /Parent 3 0 R /MediaBox [0 0 9 9] >>'),
  },
  'page tree nodes that hold each other': {
    outcome: 'broken-page-tree',
    make: () => withPages('<< /Type /Pages /Kids [3 0 R] >>', '<< /Type /Pages /Kids [2 0 R] >>'),
  },
  'a page tree fifty thousand levels deep': {
    outcome: 'broken-page-tree',
    make: () =>
      withPages(...Array.from({ length: 50_000 }, (_, i) => `<< /Type /Pages /Kids [${i + 3} 0 R] >>`)),
  },
  'a page tree node that holds a million times nothing': {
    outcome: 'too-complex',
    make: () => withPages(`<< /Type /Pages /Kids [${'2 0 R '.repeat(1_100_000)}] >>`),
  },
  'a field that is its own parent and child': {
    outcome: 'signed',
    make: () =>
      withCatalog('/AcroForm << /Fields [4 0 R] >>', '<< /T (a) /Parent 4 0 R /Kids [4 0 R 4 0 R] >>'),
  },
  'a field tree a hundred thousand levels deep': {
    outcome: 'too-complex',
    make: () =>
      withCatalog(
        '/AcroForm << /Fields [4 0 R] >>',
        ...Array.from({ length: 100_010 }, (_, i) => `<< /T (a) /Kids [${i + 5} 0 R] >>`),
      ),
  },
  'more objects than there may be': {
    outcome: 'too-complex',
    make: () => text(samplePdf().toString('latin1').replace('/Size 8', '/Size 9999999999')),
  },
  'a table of ten thousand million entries': {
    outcome: 'broken-cross-reference',
    make: () =>
      withSections(() => 'xref\n0 9999999999\n0000000000 65535 f \ntrailer\n<< /Size 8 /Root 1 0 R >>'),
  },
  'a table in a million parts': {
    outcome: 'too-complex',
    make: () => withSections(() => `xref\n${'0 0\n'.repeat(1_100_000)}trailer\n<< /Size 8 /Root 1 0 R >>`),
  },
  'fields of cross-reference entries wider than a number': {
    outcome: 'broken-cross-reference',
    make: () => withXrefStream('/Size 9 /W [1 999999999 1]', Buffer.alloc(27)),
  },
  'cross-reference entries of no width': {
    outcome: 'broken-cross-reference',
    make: () => withXrefStream('/Size 9 /W [0 0 0]', Buffer.alloc(27)),
  },
  'an /Index beyond the data': {
    outcome: 'broken-cross-reference',
    make: () => withXrefStream('/Size 9 /W [1 2 1] /Index [0 8388607]', Buffer.alloc(0)),
  },
  'an /Index of a million pairs': {
    outcome: 'too-complex',
    make: () => withXrefStream(`/Size 9 /W [1 2 1] /Index [${'0 0 '.repeat(600_000)}]`, Buffer.alloc(36)),
  },
  'a chain of cross-reference streams that unfold': { outcome: 'too-complex', make: () => bombChain(40) },
  'an object stream that unfolds without measure': {
    outcome: 'broken-object',
    make: () =>
      withObjectStream('/Filter /FlateDecode /N 1 /First 4', deflateSync(Buffer.alloc(500 * MEBIBYTE))),
  },
  'an object stream that says it has ten thousand million objects': {
    outcome: 'broken-cross-reference',
    make: () => withObjectStream('/N 9999999999 /First 4', text('2 0 << >>')),
  },
  'an object stream with a million places': {
    outcome: 'too-complex',
    make: () => withObjectStream('/N 1200000 /First 4', text('2 0 '.repeat(1_200_000))),
  },
  'objects beyond their object stream': {
    outcome: 'broken-object',
    make: () => withObjectStream('/N 1 /First 99999999', text('2 0 << >>')),
  },
  'arrays nested a million deep': {
    outcome: 'broken-object',
    make: () => withCatalog(`/X ${'['.repeat(1_000_000)}`),
  },
  'dictionaries nested a million deep': {
    outcome: 'broken-object',
    make: () => withCatalog(`/X ${'<</X'.repeat(1_000_000)}`),
  },
  'parentheses nested ten million deep': {
    outcome: 'signed',
    make: () => withCatalog(`/X (${'('.repeat(10_000_000)}${')'.repeat(10_000_000)})`),
  },
  'a list of five million numbers': {
    outcome: 'too-complex',
    make: () => withCatalog(`/X [${'1 '.repeat(5_000_000)}]`),
  },
  'a dictionary of a million entries': {
    outcome: 'too-complex',
    make: () => withCatalog(`/X << ${times(1_100_000, (i) => `/${i.toString(36)} 1 `)} >>`),
  },
  'a name of twenty megabytes': {
    outcome: 'signed',
    make: () => withCatalog(`/X /${'n'.repeat(20 * MEBIBYTE)}`),
  },
  'a comment of twenty megabytes': {
    outcome: 'signed',
    make: () => withCatalog(`/X %${'c'.repeat(20 * MEBIBYTE)}\n1`),
  },
  'objects that cross each other': { outcome: 'too-complex', make: crossingObjects },
  'references that lead to references': {
    outcome: 'broken-object',
    make: () =>
      withCatalog('/AcroForm 4 0 R', ...Array.from({ length: 10_000 }, (_, i) => `${i + 5} 0 R`), '<< >>'),
  },
  'a thousand page tree nodes that share one long list': {
    outcome: 'broken-page-tree',
    make: () =>
      withPages(
        ...Array.from({ length: 1000 }, () => '<< /Type /Pages /Kids 1002 0 R >>'),
        `[${times(MANY, (i) => `${(i % 1000) + 2} 0 R `)}]`,
      ),
  },
  'fields that share one long list of kids': {
    outcome: 'too-complex',
    make: () => sharingFields('<< /T (a) /Kids 5 0 R >>', `[${'4 0 R '.repeat(MANY)}]`),
  },
  'signatures that share one long list of references': {
    outcome: 'too-complex',
    make: () => sharingFields('<< /FT /Sig /V << /Reference 5 0 R >> >>', `[${'null '.repeat(MANY)}]`),
  },
  'locks that share one long list of names': {
    outcome: 'too-complex',
    make: () =>
      sharingFields(
        '<< /FT /Sig /V << >> /Lock << /Action /Include /Fields 5 0 R >> >>',
        `[${'(a) '.repeat(MANY)}]`,
      ),
  },
  'fields that share one long name': {
    outcome: 'too-complex',
    make: () => sharingFields('<< /T 5 0 R >>', `(${'n'.repeat(10 * MEBIBYTE)})`),
  },
  'a page without end whose foot is taken': {
    outcome: 'signed',
    place: { kind: 'page', page: 1 },
    make: () =>
      withPages(
        PAGES,
        '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1000000 1000000] /Annots [4 0 R] >>',
        '<< /FT /Sig /Rect [0 0 1000000 1000000] >>',
      ),
  },
  'a page beyond all numbers': {
    outcome: 'signed',
    place: { kind: 'page', page: 'last' },
    make: () =>
      withPages(
        PAGES,
        `<< /Type /Page /Parent 2 0 R /MediaBox [-${'9'.repeat(200)} 0 ${'9'.repeat(200)} 1] >>`,
      ),
  },
  'a page of no size': {
    outcome: 'no-such-place',
    place: { kind: 'page', page: 1 },
    make: () => withPages(PAGES, '<< /Type /Page /Parent 2 0 R /MediaBox [5 5 5 5] >>'),
  },
  'a form of a hundred thousand missing fields': {
    outcome: 'too-complex',
    make: () => withCatalog(`/AcroForm << /Fields [${times(100_010, (i) => `${i + 10} 0 R `)}] >>`),
  },
}

/** A sound PDF of a few megabytes within every bound of a reader, which becomes hundreds of megabytes of objects. */
export function manyObjectsPdf(): Buffer {
  return withCatalog(`/X [${'<<>>'.repeat(990_000)}]`)
}

/** A sound PDF of a few kilobytes that costs this many bytes to read: its page lies in an object stream that unfolds. */
export function costlyPdf(bytes: number): Buffer {
  const objects = `${PAGES} ${PAGE}`
  const index = `2 0 3 ${PAGES.length + 1} `
  const data = deflateSync(Buffer.concat([text(index, objects), Buffer.alloc(bytes, ' ')]))
  const catalog = '1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n'
  const start = Buffer.concat([text('%PDF-1.7\n'), text(catalog)])
  const entries = `/N 2 /First ${index.length} /Filter /FlateDecode /Length ${data.length}`
  const stream = Buffer.concat([text(`4 0 obj\n<< /Type /ObjStm ${entries} >>\nstream\n`), data])
  const before = Buffer.concat([start, stream, text('\nendstream\nendobj\n')])
  const row = (type: number, where: number, index: number): Buffer => {
    const written = Buffer.alloc(6)
    written.writeUInt8(type, 0)
    written.writeUInt32BE(where, 1)
    written.writeUInt8(index, 5)
    return written
  }
  const rows = [row(0, 0, 0), row(1, 9, 0), row(2, 4, 0), row(2, 4, 1), row(1, start.length, 0)]
  const xref = Buffer.concat([...rows, row(1, before.length, 0)])
  return Buffer.concat([
    before,
    text(`5 0 obj\n<< /Type /XRef /W [1 4 1] /Size 6 /Root 1 0 R /Length ${xref.length} >>\nstream\n`),
    xref,
    text(`\nendstream\nendobj\nstartxref\n${before.length}\n%%EOF\n`),
  ])
}
