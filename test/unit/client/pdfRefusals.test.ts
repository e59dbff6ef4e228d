import assert from 'node:assert/strict'
import { deflateSync } from 'node:zlib'
import { PdfDocument } from '../../../ades/pdf/pdfDocument.ts'
import { PdfRefusal, type PdfRefusalReason } from '../../../ades/pdf/pdfRefusal.ts'
import { classicPdf, samplePdf } from '../../../ades/pdf/samplePdf.ts'
import { formPdf, hybridPdf, qpdf } from '../../support/samplePdf.ts'
import { entryOf } from '../../../ades/pdf/values.ts'
import { withObjectStream } from '../../support/hostilePdf.ts'
import { withContents } from '../../../ades/pdf/signatureRevision.ts'
import { revisionOf } from '../../support/revisionOf.ts'

function replaced(pdf: Buffer, from: string | RegExp, to: string): Buffer {
  const text = pdf.toString('latin1')
  assert.notEqual(text.replace(from, to), text)
  return Buffer.from(text.replace(from, to), 'latin1')
}

const PAGES = '<< /Type /Pages /Kids [3 0 R] /Count 1 >>'
const PAGE = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>'
const withCatalog = (entries: string, ...more: readonly string[]): Buffer =>
  classicPdf([`<< /Type /Catalog /Pages 2 0 R ${entries} >>`, PAGES, PAGE, ...more])
const docMdp = (permission: string): string =>
  `<< /Type /Sig /Reference [<< /TransformMethod /DocMDP /TransformParams << ${permission} /V /1.2 >> >>] >>`
const field = (entries: string): string => `<< /FT /Sig /T (Earlier) /V 5 0 R ${entries} >>`
const signedForm = '/AcroForm << /Fields [4 0 R] >>'

const sample = samplePdf()
const streams = qpdf(['--object-streams=generate'])
const startXrefOf = (pdf: Buffer): number =>
  Number(/startxref\s+([0-9]+)\s+%%EOF\s*$/.exec(pdf.toString('latin1'))?.[1])

const REFUSALS: readonly (readonly [string, PdfRefusalReason, () => Buffer])[] = [
  ['an empty file', 'not-a-pdf', () => Buffer.alloc(0)],
  ['a text', 'not-a-pdf', () => Buffer.from('Dear Ada,\n%PDF-1.7\n')],
  ['encrypted for reading', 'encrypted', () => qpdf(['--encrypt', 'user', 'owner', '256', '--'])],
  ['encrypted against changes only', 'encrypted', () => qpdf(['--encrypt', '', 'owner', '256', '--'])],
  [
    'encrypted with object streams',
    'encrypted',
    () => qpdf(['--object-streams=generate', '--encrypt', '', 'owner', '128', '--use-aes=y', '--']),
  ],
  ['cut short', 'broken-cross-reference', () => sample.subarray(0, sample.length - 200)],
  ['cut in the middle', 'broken-cross-reference', () => streams.subarray(0, streams.length / 2)],
  [
    'without an end in sight',
    'broken-cross-reference',
    () => Buffer.concat([sample, Buffer.alloc(4096, 0x20)]),
  ],
  [
    'startxref beyond the file',
    'broken-cross-reference',
    () => replaced(sample, /startxref\n[0-9]+/, 'startxref\n9999999'),
  ],
  [
    'startxref at a page',
    'broken-cross-reference',
    () => replaced(sample, /startxref\n[0-9]+/, 'startxref\n20'),
  ],
  [
    'a /Prev circle',
    'broken-cross-reference',
    () => replaced(sample, '/Size', `/Prev ${startXrefOf(sample)} /Size`),
  ],
  [
    'a /Prev beyond the file',
    'broken-cross-reference',
    () => replaced(sample, '/Size', '/Prev 99999999 /Size'),
  ],
  ['a /Prev that is no number', 'broken-cross-reference', () => replaced(sample, '/Size', '/Prev (x) /Size')],
  [
    'a hybrid whose stream is its table',
    'broken-cross-reference',
    () => {
      const pdf = hybridPdf()
      return replaced(pdf, /\/XRefStm [0-9]+/, `/XRefStm ${startXrefOf(pdf)}`)
    },
  ],
  [
    'a malformed table entry',
    'broken-cross-reference',
    () => replaced(sample, /0000000015 00000 n/, '000000015  00000 n'),
  ],
  [
    'an entry that points elsewhere',
    'broken-cross-reference',
    () => replaced(sample, /0000000015 00000 n/, '0000000016 00000 n'),
  ],
  [
    'overlapping parts',
    'broken-cross-reference',
    () => replaced(sample, 'trailer', '1 1\n0000000015 00000 n \ntrailer'),
  ],
  ['no catalogue', 'broken-cross-reference', () => replaced(sample, '/Root 1 0 R', '/Root 99 0 R')],
  [
    'a catalogue inside the trailer',
    'broken-cross-reference',
    () => replaced(sample, '/Root 1 0 R', '/Root <<>>'),
  ],
  ['more objects than there may be', 'too-complex', () => replaced(sample, '/Size 8', '/Size 99999999')],
  ['no pages', 'broken-page-tree', () => classicPdf(['<< /Type /Catalog >>'])],
  [
    'an empty page tree',
    'broken-page-tree',
    () => classicPdf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [] /Count 0 >>']),
  ],
  [
    'a page tree in a circle',
    'broken-page-tree',
    () => classicPdf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [2 0 R] >>']),
  ],
  [
    'a page that is missing',
    'broken-page-tree',
    () => classicPdf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [9 0 R] >>']),
  ],
  [
    'a page without an object of its own',
    'broken-page-tree',
    () => classicPdf(['<< /Type /Catalog /Pages 2 0 R >>', `<< /Type /Pages /Kids [${PAGE}] >>`]),
  ],
  ['references in a circle', 'broken-object', () => withCatalog('/AcroForm 4 0 R', '5 0 R', '4 0 R')],
  ['a form that is no dictionary', 'broken-object', () => withCatalog('/AcroForm 4 0 R', '[]')],
  ['a list of fields that is none', 'broken-object', () => withCatalog('/AcroForm << /Fields 7 >>')],
  ['one object as page and form', 'broken-object', () => withCatalog('/AcroForm 3 0 R')],
  ['an XFA form', 'xfa-form', () => withCatalog('/AcroForm << /Fields [] /XFA [] >>')],
  [
    'certified, nothing permitted (DocMDP 1)',
    'changes-forbidden',
    () => withCatalog('/Perms << /DocMDP 4 0 R >>', docMdp('/P 1')),
  ],
  [
    'signed with a reference that permits nothing',
    'changes-forbidden',
    () => withCatalog(signedForm, field(''), docMdp('/P 1')),
  ],
  [
    'signed in a field whose lock permits nothing',
    'changes-forbidden',
    () => withCatalog(signedForm, field('/Lock << /Action /All /P 1 >>'), '<< /Type /Sig >>'),
  ],
  ['an object stream but no page', 'broken-page-tree', () => withObjectStream('/N 1 /First 4', '2 0 << >>')],
  ['an unknown filter', 'unsupported', () => withObjectStream('/Filter /LZWDecode /N 1 /First 4', '')],
  [
    'several filters',
    'unsupported',
    () => withObjectStream('/Filter [/ASCIIHexDecode /FlateDecode] /N 1 /First 4', ''),
  ],
  [
    'an unknown predictor',
    'unsupported',
    () =>
      withObjectStream(
        '/Filter /FlateDecode /DecodeParms << /Predictor 2 >> /N 1 /First 4',
        deflateSync('2 0 << >>'),
      ),
  ],
  [
    'bytes that do not inflate',
    'broken-object',
    () => withObjectStream('/Filter /FlateDecode /N 1 /First 4', 'oops'),
  ],
  [
    'a stream that inflates without measure',
    'broken-object',
    () => withObjectStream('/Filter /FlateDecode /N 1 /First 4', deflateSync(Buffer.alloc(65 * 1024 * 1024))),
  ],
  [
    'an object stream without its object',
    'broken-cross-reference',
    () => withObjectStream('/N 1 /First 4', '7 0 << >>'),
  ],
]

describe('PDFs that are not signed', () => {
  for (const [what, reason, make] of REFUSALS)
    it(`refuses one that is or has: ${what}`, () => {
      assert.throws(
        () => {
          revisionOf(make())
        },
        (error) => {
          assert.ok(error instanceof PdfRefusal, String(error))
          assert.equal(error.reason, reason, error.message)
          return true
        },
      )
    })

  for (const [what, pdf] of [
    ['certified for form filling (DocMDP 2)', withCatalog('/Perms << /DocMDP 4 0 R >>', docMdp('/P 2'))],
    [
      'certified without saying for what (2 by default)',
      withCatalog('/Perms << /DocMDP 4 0 R >>', docMdp('')),
    ],
    ['signed without a lock', withCatalog(signedForm, field(''), '<< /Type /Sig >>')],
    ['followed by a comment', Buffer.concat([sample, Buffer.from('% archived\n')])],
    ['without a line feed at its end', sample.subarray(0, sample.length - 1)],
    ['a form whose fields refer to each other', withCatalog(signedForm, '<< /T (a) /Kids [4 0 R] >>')],
    ['an AcroForm that is null', withCatalog('/AcroForm null')],
  ] as const)
    it(`but signs one that is or has: ${what}`, () => {
      assert.doesNotThrow(() => {
        revisionOf(pdf)
      })
    })

  for (const [where, pdf] of [
    ['the form', formPdf('inline')],
    ['what a hybrid file hides', hybridPdf()],
  ] as const)
    it(`gives the field a name that no field has in ${where}`, () => {
      assert.equal(revisionOf(pdf).fieldName, 'Signature2')
    })

  for (const [style, pdf] of [
    ['table', replaced(sample, '/Size', '/ID [<0102> (one)] /Size')],
    ['stream', qpdf(['--object-streams=generate'], replaced(sample, '/Size', '/ID [<0102> (one)] /Size'))],
  ] as const)
    it(`keeps the first half of the identifier and makes a new second one, ${style}`, () => {
      const identifier = (file: Buffer): readonly string[] => {
        const written = entryOf(new PdfDocument(file).newest.trailer, 'ID')
        assert.ok(written?.kind === 'array')
        return written.items.map((item) => (item.kind === 'string' ? item.bytes.toString('hex') : ''))
      }
      const sign = (file: Buffer): Buffer =>
        Buffer.concat([file, withContents(revisionOf(file), Buffer.alloc(1))])
      const once = sign(pdf)
      const seconds = [pdf, once, sign(once)].map((file) => {
        const [first, second] = identifier(file)
        assert.equal(first, '0102')
        return second
      })
      assert.equal(new Set(seconds).size, 3)
    })

  it('takes no CMS that is longer than its place', () => {
    assert.throws(() => withContents(revisionOf(sample), Buffer.alloc(65)), RangeError)
  })
})
