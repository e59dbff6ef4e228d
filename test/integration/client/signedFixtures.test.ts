import assert from 'node:assert/strict'
import { classicPdf } from '../../../ades/pdf/samplePdf.ts'
import { checkWithOpenssl, checkWithTools, signaturesIn } from '../../support/checkSignedPdf.ts'
import { localSigner, type LocalSigner } from '../../support/localSigner.ts'
import { pdfFixture, SIGNABLE_FIXTURES } from '../../support/pdfFixtures.ts'
import { qpdf } from '../../support/samplePdf.ts'
import { signLocally } from '../../support/signLocally.ts'

/** Checks the newest signature, that the earlier bytes are as they were, and by poppler every earlier signature. */
function assertAdded(original: Buffer, signed: Buffer, signer: LocalSigner): void {
  assert.ok(signed.subarray(0, original.length).equals(original))
  const signatures = signaturesIn(signed)
  assert.equal(signatures.length, signaturesIn(original).length + 1)
  const newest = signatures.at(-1)
  assert.ok(newest?.coversWholeFile)
  checkWithOpenssl(newest, signer.chain[1])
  checkWithTools(signed, signatures.length)
}

describe('PDFs of other producers, signed and checked by poppler, OpenSSL and qpdf', function () {
  let signer: LocalSigner
  before(async () => {
    signer = await localSigner('p-256')
  })

  it('are more than thirty, with those that the tests make', () => {
    assert.ok(SIGNABLE_FIXTURES.length >= 28)
  })

  for (const name of SIGNABLE_FIXTURES)
    it(`signs ${name}`, () => {
      const original = pdfFixture(name)
      assertAdded(original, signLocally(original, signer), signer)
    })

  it('signs one whose list of fields is its list of annotations', () => {
    const original = classicPdf([
      '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields 5 0 R >> >>',
      '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Resources << >> /Annots 5 0 R >>',
      '<< /Type /Annot /Subtype /Widget /FT /Tx /T (ship) /Rect [10 10 90 30] /F 4 /P 3 0 R >>',
      '[4 0 R]',
    ])
    assertAdded(original, signLocally(original, signer), signer)
  })

  for (const streams of ['generate', 'disable'])
    it(`signs 500 pages, --object-streams=${streams}`, () => {
      const pages = Array.from({ length: 250 }, () => '1,2').join(',')
      const options = [`--object-streams=${streams}`, '--pages', '.', pages, '--']
      const original = qpdf(options, pdfFixture('pdfkit'))
      const signed = signLocally(original, signer, { place: { kind: 'page', page: 'last' } })
      assertAdded(original, signed, signer)
    })
})
