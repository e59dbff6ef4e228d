import assert from 'node:assert/strict'
import fc from 'fast-check'
import { PdfDocument } from '../../../client/pdf/pdfDocument.ts'
import { PdfRefusal } from '../../../client/pdf/pdfRefusal.ts'
import { samplePdf } from '../../../client/pdf/samplePdf.ts'
import { revisionOf } from '../../support/revisionOf.ts'
import { formPdf, hybridPdf, qpdf } from '../../support/samplePdf.ts'

const RUNS = 1500
const LONGEST_MS = 2000

/** Signs, or refuses with PdfRefusal, and soon. */
function prepareOrRefuse(pdf: Buffer): void {
  const started = performance.now()
  try {
    const signed = Buffer.concat([pdf, revisionOf(pdf).withContents(Buffer.alloc(64, 1))])
    assert.equal(new PdfDocument(signed).sections.length, new PdfDocument(pdf).sections.length + 1)
  } catch (error) {
    if (!(error instanceof PdfRefusal)) throw error
  }
  assert.ok(performance.now() - started < LONGEST_MS, 'took too long')
}

const originals = [
  samplePdf(),
  formPdf('inline'),
  formPdf('indirect'),
  hybridPdf(),
  qpdf(['--object-streams=generate'], formPdf('indirect')),
  qpdf(['--object-streams=generate', '--compress-streams=n'], formPdf('indirect')),
]
const TOKENS = [
  '/Prev 9',
  '1 0 R',
  '<<',
  '>>',
  '[',
  ']',
  '(',
  '<',
  '/Kids',
  '/W [9 9 9]',
  'stream\n',
  'trailer',
]
const TOKENS_TOO = [
  '9999999999',
  '-1',
  '/Length 2 0 R',
  '/Index [0 99999]',
  '/N 1e9',
  'xref\n0 1',
  'startxref\n0\n',
  '\0',
]

const mutation = fc.record({
  at: fc.nat(),
  // Mostly overwriting: what shifts the file gets no farther than the cross-reference.
  isInserted: fc.integer({ min: 0, max: 9 }).map((value) => value === 0),
  added: fc.oneof(
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(...TOKENS, ...TOKENS_TOO).map((token) => Buffer.from(token)),
  ),
})
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never

function mutated(pdf: Buffer, { at, isInserted, added }: Mutation): Buffer {
  const place = at % (pdf.length + 1)
  return Buffer.concat([
    pdf.subarray(0, place),
    added,
    pdf.subarray(isInserted ? place : place + added.length),
  ])
}

describe('PDF reader, with whatever it is given', function () {
  this.timeout(60_000)

  it('signs or refuses PDFs with pieces changed', () => {
    const input = fc.tuple(fc.constantFrom(...originals), fc.array(mutation, { minLength: 1, maxLength: 6 }))
    fc.assert(
      fc.property(input, ([pdf, mutations]) => {
        prepareOrRefuse(mutations.reduce((changed, next) => mutated(changed, next), pdf))
      }),
      { numRuns: RUNS },
    )
  })

  it('signs or refuses PDFs whose numbers are others', () => {
    const input = fc.tuple(
      fc.constantFrom(...originals),
      fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 8 }),
    )
    fc.assert(
      fc.property(input, ([pdf, changes]) => {
        let text = pdf.toString('latin1')
        for (const [which, value] of changes) {
          const numbers = [...text.matchAll(/[0-9]+/g)]
          const number = numbers[which % numbers.length]
          if (number === undefined) continue
          text = text.slice(0, number.index) + String(value) + text.slice(number.index + number[0].length)
        }
        prepareOrRefuse(Buffer.from(text, 'latin1'))
      }),
      { numRuns: RUNS },
    )
  })

  it('signs or refuses what only begins like a PDF', () => {
    const bodies = fc.array(fc.constantFrom(...TOKENS, ...TOKENS_TOO, ' ', '\n', '1 0 obj'), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(bodies, (tokens) => {
        prepareOrRefuse(Buffer.from(`%PDF-1.7\n${tokens.join(' ')}\nstartxref\n9\n%%EOF`))
      }),
      { numRuns: RUNS },
    )
  })
})
