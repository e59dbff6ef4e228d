import assert from 'node:assert/strict'
import fc from 'fast-check'
import { fullName, readForm } from '../../../ades/pdf/form.ts'
import { PdfDocument } from '../../../ades/pdf/pdfDocument.ts'
import { PdfRefusal } from '../../../ades/pdf/pdfRefusal.ts'
import { samplePdf } from '../../../ades/pdf/samplePdf.ts'
import type { SignaturePlace } from '../../../ades/pdf/signatureField.ts'
import { entryOf } from '../../../ades/pdf/values.ts'
import { pdfFixture, SIGNABLE_FIXTURES } from '../../support/pdfFixtures.ts'
import { withContents } from '../../../ades/pdf/signatureRevision.ts'
import { revisionOf } from '../../support/revisionOf.ts'
import { formPdf, hybridPdf, qpdf } from '../../support/samplePdf.ts'

/** The same cases each time: a failure can be looked at, and a green run says the same tomorrow. */
const SEED = 20_261_124
const RUNS = 4000
const LONGEST_MS = 2000

/** Refuses with PdfRefusal, or makes a revision in which the signature is found; and soon. */
function signOrRefuse(pdf: Buffer, place?: SignaturePlace): void {
  const started = performance.now()
  try {
    const revision = revisionOf(pdf, place)
    assertSigned(Buffer.concat([pdf, withContents(revision, Buffer.alloc(64, 1))]), revision.fieldName)
  } catch (error) {
    if (!(error instanceof PdfRefusal)) throw error
  }
  assert.ok(performance.now() - started < LONGEST_MS, 'took too long')
}

function assertSigned(signed: Buffer, fieldName: string): void {
  try {
    const document = new PdfDocument(signed)
    const field = readForm(document).fields.find((one) => fullName(one) === fieldName)
    assert.ok(field?.type === 'Sig')
    assert.ok(document.dictionary(entryOf(field.dictionary, 'V')) !== undefined)
  } catch (error) {
    // What the reader accepted it must accept with its own addition.
    if (error instanceof PdfRefusal) assert.fail(`cannot be read any more: ${error.message}`)
    throw error
  }
}

const made = [
  samplePdf(),
  formPdf('inline'),
  formPdf('indirect'),
  hybridPdf(),
  qpdf(['--object-streams=generate'], formPdf('indirect')),
  qpdf(['--object-streams=generate', '--compress-streams=n'], formPdf('indirect')),
]
const small = SIGNABLE_FIXTURES.map(pdfFixture).filter(({ length }) => length < 20_000)
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
  '/Parent 3 0 R',
  '/W [9 9 9]',
  'stream\n',
  'trailer',
  '9999999999',
  '-1',
  '/Length 2 0 R',
  '/Index [0 99999]',
  '/N 1e9',
  'xref\n0 1',
  'startxref\n0\n',
  '\0',
]
const PLACES: readonly SignaturePlace[] = [
  { kind: 'invisible' },
  { kind: 'page', page: 'last' },
  { kind: 'page', page: 1, rectangle: { x: 10, y: 10, width: 90, height: 40 } },
  { kind: 'field', name: 'Lender' },
  { kind: 'field', name: 'Borrower' },
]

const mutation = fc.record({
  at: fc.nat(),
  // Mostly overwriting: what shifts the file gets no farther than the cross-reference.
  isInserted: fc.integer({ min: 0, max: 9 }).map((value) => value === 0),
  added: fc.oneof(
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(...TOKENS).map((token) => Buffer.from(token)),
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
  this.timeout(120_000)
  const mutations = fc.array(mutation, { minLength: 1, maxLength: 6 })
  const place = fc.constantFrom(...PLACES)

  for (const [what, originals] of Object.entries({ 'of ours': made, 'of other producers': small }))
    it(`signs or refuses PDFs ${what} with pieces changed`, () => {
      const input = fc.tuple(fc.constantFrom(...originals), mutations, place)
      fc.assert(
        fc.property(input, ([pdf, changes, where]) => {
          signOrRefuse(changes.reduce(mutated, pdf), where)
        }),
        { numRuns: RUNS, seed: SEED },
      )
    })

  it('signs or refuses PDFs whose numbers are others', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 8 })
    const input = fc.tuple(fc.constantFrom(...made, pdfFixture('pyhanko-waiting')), changes, place)
    fc.assert(
      fc.property(input, ([pdf, numbers, where]) => {
        let text = pdf.toString('latin1')
        for (const [which, value] of numbers) {
          const found = [...text.matchAll(/[0-9]+/g)]
          const number = found[which % found.length]
          if (number === undefined) continue
          text = text.slice(0, number.index) + String(value) + text.slice(number.index + number[0].length)
        }
        signOrRefuse(Buffer.from(text, 'latin1'), where)
      }),
      { numRuns: RUNS, seed: SEED },
    )
  })

  it('signs or refuses what only begins like a PDF', () => {
    const bodies = fc.array(fc.constantFrom(...TOKENS, ' ', '\n', '1 0 obj'), { maxLength: 60 })
    fc.assert(
      fc.property(bodies, (tokens) => {
        signOrRefuse(Buffer.from(`%PDF-1.7\n${tokens.join(' ')}\nstartxref\n9\n%%EOF`))
      }),
      { numRuns: RUNS, seed: SEED },
    )
  })
})
