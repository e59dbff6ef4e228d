import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PdfRefusal, type PdfRefusalReason } from '../../../ades/pdf/pdfRefusal.ts'
import type { SignaturePlace } from '../../../ades/pdf/signatureField.ts'
import { classicPdf, samplePdf } from '../../../ades/pdf/samplePdf.ts'
import { checkWithOpenssl, checkWithTools, signaturesIn } from '../../support/checkSignedPdf.ts'
import { localSigner, type LocalSigner } from '../../support/localSigner.ts'
import { pdfFixture } from '../../support/pdfFixtures.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'
import { signLocally } from '../../support/signLocally.ts'

interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The words that poppler finds in an area of the page as it is shown, in points from its upper left corner. */
function wordsIn(pdf: Buffer, { x, y, width, height }: Area, page = 1): string {
  const file = join(scratchFolder('visible'), 'signed.pdf')
  writeFileSync(file, pdf)
  const area = ['-r', '72', '-x', String(x), '-y', String(y), '-W', String(width), '-H', String(height)]
  const text = execFileSync('pdftotext', [...area, '-f', String(page), '-l', String(page), file, '-'])
  return text.toString().trim().replace(/\s+/g, ' ')
}

/** Two empty pages that show 400 by 200 points, whatever their rotation; the box does not begin at 0. */
function rotatedPdf(rotation: number): Buffer {
  const isSideways = rotation % 180 !== 0
  const box = isSideways ? '[20 10 220 410]' : '[20 10 420 210]'
  return classicPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /Rotate ${rotation} /CropBox ${box} /MediaBox ${box} >>`,
    '<< /Type /Page /Parent 2 0 R /Resources << >> >>',
    '<< /Type /Page /Parent 2 0 R /Resources << >> >>',
  ])
}

const NAME = 'Žofie Łęcka (née Ørsted)'
const SHOWN = `Signed electronically by ${NAME} 2026-03-04 05:06 UTC`
const onPage = (page: number | 'last', rectangle?: Area): SignaturePlace => ({
  kind: 'page',
  page,
  ...(rectangle === undefined ? {} : { rectangle }),
})
const inField = (name: string): SignaturePlace => ({ kind: 'field', name })

describe('places of a signature', function () {
  let signer: LocalSigner
  before(async () => {
    signer = await localSigner('p-256', NAME)
  })
  const signed = (pdf: Buffer, place?: SignaturePlace): Buffer =>
    signLocally(pdf, signer, place === undefined ? {} : { place })

  for (const rotation of [0, 90, 180, 270, -90, 450])
    it(`shows it upright where it is wanted, on a page with /Rotate ${rotation}`, () => {
      const pdf = signed(rotatedPdf(rotation), onPage(2, { x: 230, y: 20, width: 150, height: 40 }))
      assert.equal(wordsIn(pdf, { x: 230, y: 140, width: 150, height: 40 }, 2), SHOWN)
      const firstLine = wordsIn(pdf, { x: 230, y: 140, width: 150, height: 14 }, 2)
      assert.equal(firstLine, 'Signed electronically by')
      assert.equal(wordsIn(pdf, { x: 0, y: 0, width: 229, height: 200 }, 2), '')
      assert.equal(wordsIn(pdf, { x: 0, y: 0, width: 400, height: 200 }, 1), '')
      checkWithTools(pdf, 1)
    })

  it('counts from the corner of what is shown of the page', () => {
    const pdf = classicPdf([
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Kids [3 0 R] /Count 1 /CropBox [20 10 420 210] >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 500 500] /Resources << >> >>',
    ])
    const result = signed(pdf, onPage(1, { x: 230, y: 20, width: 150, height: 40 }))
    // pdftotext counts from the corner of the MediaBox.
    assert.equal(wordsIn(result, { x: 250, y: 430, width: 150, height: 40 }), SHOWN)
    assert.throws(
      () => signed(pdf, onPage(1, { x: 260, y: 20, width: 150, height: 40 })),
      refusal('no-such-place'),
    )
  })

  it('shows it at the foot of the last page, and the next beside it', () => {
    const first = signed(samplePdf(), onPage('last'))
    const second = signed(first, onPage('last'))
    assert.equal(wordsIn(second, { x: 36, y: 842 - 36 - 48, width: 200, height: 48 }), SHOWN)
    assert.equal(wordsIn(second, { x: 248, y: 842 - 36 - 48, width: 200, height: 48 }), SHOWN)
    checkWithTools(second, 2)
  })

  it('shows nothing unless told', () => {
    const area = { x: 0, y: 0, width: 595, height: 842 }
    assert.equal(wordsIn(signed(samplePdf()), area), wordsIn(samplePdf(), area))
  })

  const UNSHOWN: readonly (readonly [string, SignaturePlace])[] = [
    ['a page that is not there', onPage(2)],
    ['a place outside of the page', onPage(1, { x: 500, y: 10, width: 100, height: 40 })],
    ['a place too small to read', onPage(1, { x: 10, y: 10, width: 100, height: 12 })],
  ]
  for (const [what, place] of UNSHOWN)
    it(`refuses ${what}`, () => {
      assert.throws(() => signed(samplePdf(), place), refusal('no-such-place'))
    })

  it('refuses a name in letters that the standard font does not have', async () => {
    const other = await localSigner('p-256', 'Ада Лавлейс')
    assert.throws(
      () => signLocally(samplePdf(), other, { place: onPage(1) }),
      refusal('unsupported', /letter "А"/),
    )
    assert.doesNotThrow(() => signLocally(samplePdf(), other))
  })

  it('signs in a field that waits, and shows it where the form wants it', () => {
    const pdf = signed(pdfFixture('pyhanko-waiting'), inField('Lender'))
    assert.equal(wordsIn(pdf, { x: 72, y: 842 - 132, width: 200, height: 60 }), SHOWN)
    checkWithTools(pdf, 1)
    assert.throws(() => signed(pdf, inField('Lender')), refusal('field-not-usable', /signed already/))
  })

  it('shows nothing of a field without a rectangle', () => {
    const pdf = signed(pdfFixture('pyhanko-waiting'), inField('Hidden'))
    assert.equal(wordsIn(pdf, { x: 0, y: 0, width: 595, height: 842 }), 'Application for a berth')
    checkWithTools(pdf, 1)
  })

  it("locks by its reference what the field's /Lock names", () => {
    const pdf = signed(pdfFixture('pyhanko-waiting'), inField('Borrower'))
    checkWithTools(pdf, 1)
    const added = pdf.toString('latin1', pdfFixture('pyhanko-waiting').length)
    const expected =
      /\/TransformMethod \/FieldMDP \/Data [0-9]+ 0 R \/TransformParams << .*\/Action \/Include \/Fields \[ ?\(ship\) ?\] >>/
    assert.match(added, expected)
    // Locked is the field ship: another signature is none of its business.
    checkWithTools(signed(pdf, inField('Lender')), 2)
  })

  const nestedForm = (...fields: readonly string[]): Buffer =>
    classicPdf([
      '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 3 >> >>',
      '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Resources << >> /Annots [5 0 R] >>',
      ...fields,
    ])

  it('signs in a field below another', () => {
    const pdf = nestedForm(
      '<< /T (parties) /FT /Sig /Kids [5 0 R] >>',
      '<< /T (lender) /Parent 4 0 R /Type /Annot /Subtype /Widget /P 3 0 R /F 4 /Rect [200 60 20 10] >>',
    )
    const result = signed(pdf, inField('parties.lender'))
    assert.equal(wordsIn(result, { x: 20, y: 140, width: 180, height: 50 }), SHOWN)
    checkWithTools(result, 1)
    const words = /"parties" is not one for a signature\. Waiting for a signature: parties\.lender\.$/
    assert.throws(() => signed(pdf, inField('parties')), refusal('field-not-usable', words))
  })

  it('signs in a field whose widget is an object of its own', () => {
    const pdf = nestedForm(
      '<< /T (lender) /FT /Sig /Kids [5 0 R] >>',
      '<< /Parent 4 0 R /Type /Annot /Subtype /Widget /P 3 0 R /F 4 /Rect [200 60 20 10] >>',
    )
    const result = signed(pdf, inField('lender'))
    assert.equal(wordsIn(result, { x: 20, y: 140, width: 180, height: 50 }), SHOWN)
    // pdfsig 22.12 looks for the signature in the widget, where it must not be, and finds none.
    const [signature] = signaturesIn(result)
    assert.ok(signature?.coversWholeFile)
    checkWithOpenssl(signature, signer.chain[1])
  })

  for (const permission of ['certified-2', 'certified-3', 'locks-some', 'locks-others'])
    it(`signs where an earlier signature permits it: ${permission}`, () => {
      const pdf = signed(pdfFixture(`pyhanko-${permission}`), inField('Borrower'))
      assert.equal(signaturesIn(pdf).length, 2)
      checkWithTools(pdf, 2)
    })

  const FORBIDDEN: readonly (readonly [string, SignaturePlace | undefined])[] = [
    ['certified-1', undefined],
    ['certified-1', inField('Borrower')],
    ['certified-2', onPage(1)],
    ['certified-3', onPage(1)],
    ['locks-all', undefined],
    ['locks-all', inField('Borrower')],
    ['locks-some', inField('Witness')],
    ['locks-others', undefined],
    ['locks-others', inField('Witness')],
  ]
  for (const [name, place] of FORBIDDEN)
    it(`refuses what an earlier signature forbids: ${name}, ${JSON.stringify(place ?? 'a new field')}`, () => {
      assert.throws(() => signed(pdfFixture(`pyhanko-${name}`), place), refusal('changes-forbidden'))
    })

  const UNUSABLE: readonly (readonly [string, PdfRefusalReason, RegExp])[] = [
    [
      'ship',
      'field-not-usable',
      /not one for a signature\. Waiting for a signature: Lender, Borrower, Hidden, Demanding/,
    ],
    ['nobody', 'no-such-field', /no field "nobody"\. Waiting for a signature: Lender/],
    ['Demanding', 'field-not-usable', /demands of its signature more/],
  ]
  for (const [name, reason, words] of UNUSABLE)
    it(`refuses the field ${name}`, () => {
      assert.throws(() => signed(pdfFixture('pyhanko-waiting'), inField(name)), refusal(reason, words))
    })

  const fieldWith = (entries: string, ...more: readonly string[]): Buffer =>
    classicPdf([
      '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>',
      '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Annots [4 0 R] >>',
      `<< /Type /Annot /Subtype /Widget /FT /Sig /T (Here) /Rect [0 0 0 0] ${entries} >>`,
      ...more,
    ])
  const DEMANDS: readonly (readonly [string, string, PdfRefusalReason | undefined])[] = [
    ['is read-only', '/Ff 1', 'field-not-usable'],
    [
      'demands our format',
      '/SV << /Ff 3 /Filter /Adobe.PPKLite /SubFilter [/ETSI.CAdES.detached] >>',
      undefined,
    ],
    ['demands another format', '/SV << /Ff 2 /SubFilter [/adbe.pkcs7.detached] >>', 'field-not-usable'],
    ['demands our digest', '/SV << /Ff 64 /DigestMethod [(SHA512) (SHA256)] >>', undefined],
    ['demands another digest', '/SV << /Ff 64 /DigestMethod [(SHA512)] >>', 'field-not-usable'],
    ['only proposes another digest', '/SV << /Ff 0 /DigestMethod [(SHA512)] >>', undefined],
    ['demands a certificate', '/SV << /Ff 32 >>', 'field-not-usable'],
    ['demands a certification', '/SV << /MDP << /P 2 >> >>', 'field-not-usable'],
    ['wants no certification', '/SV << /MDP << /P 0 >> >>', undefined],
    ['has a lock of no known kind', '/Lock << /Action /Some >>', 'broken-object'],
    ['has a lock without names', '/Lock << /Action /Include >>', 'broken-object'],
    ['locks all', '/Lock << /Action /All /P 2 >>', undefined],
  ]
  for (const [what, entries, reason] of DEMANDS)
    it(`${reason === undefined ? 'signs in' : 'refuses'} a field that ${what}`, () => {
      const sign = (): Buffer => signed(fieldWith(entries), inField('Here'))
      if (reason === undefined) checkWithTools(sign(), 1)
      else assert.throws(sign, refusal(reason))
    })
})

function refusal(reason: PdfRefusalReason, words = /./): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof PdfRefusal, String(error))
    assert.equal(error.reason, reason, error.message)
    assert.match(error.message, words)
    return true
  }
}
