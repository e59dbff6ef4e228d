import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SignaturePlace } from '../../ades/pdf/signatureField.ts'
import { localSigner } from '../support/localSigner.ts'
import { GRACE_PEM, pdfFixture } from '../support/pdfFixtures.ts'
import { PRODUCERS, qpdf } from '../support/samplePdf.ts'
import { scratchFolder } from '../support/scratchFolder.ts'
import { signLocally } from '../support/signLocally.ts'
import { validatedByPyHanko } from './support/validate.ts'

const shown: SignaturePlace = { kind: 'page', page: 'last' }
const inField = (name: string): SignaturePlace => ({ kind: 'field', name })

/** What is signed, and where: several places are several signatures, one after the other. */
const CASES: Readonly<Record<string, readonly [Buffer, ...SignaturePlace[]]>> = {
  'shown, then shown beside it, then not shown': [
    pdfFixture('chromium'),
    shown,
    shown,
    { kind: 'invisible' },
  ],
  'shown on a turned page': [pdfFixture('pypdf-rotated'), shown],
  'shown, object streams': [pdfFixture('typst'), shown, shown],
  'shown on the last of 500 pages': [
    qpdf(['--pages', '.', Array.from({ length: 500 }, () => '1').join(','), '--']),
    shown,
  ],
  'in fields that wait': [pdfFixture('pyhanko-waiting'), inField('Lender'), inField('Hidden')],
  'in a field with a lock': [pdfFixture('pyhanko-waiting'), inField('Borrower')],
  'after a certification that permits forms': [pdfFixture('pyhanko-certified-2'), inField('Borrower')],
  'after a certification that permits notes': [pdfFixture('pyhanko-certified-3'), inField('Borrower')],
  'after a lock of another field': [pdfFixture('pyhanko-locks-some'), inField('Borrower')],
  'after a lock of every other field': [pdfFixture('pyhanko-locks-others'), inField('Borrower')],
  ...Object.fromEntries(
    Object.entries(PRODUCERS).map(([name, make]) => [name, [make(), { kind: 'invisible' }, shown] as const]),
  ),
}

describe('places of a signature, and what qpdf and Poppler write, validated by pyHanko', function () {
  this.timeout(300_000)
  let verdicts: ReturnType<typeof validatedByPyHanko>
  const folder = scratchFolder('places')
  const fileOf = (name: string): string => join(folder, `${Object.keys(CASES).indexOf(name)}.pdf`)
  before(async () => {
    const signer = await localSigner('p-256')
    for (const [name, [pdf, ...places]] of Object.entries(CASES))
      writeFileSync(
        fileOf(name),
        places.reduce((signed, place) => signLocally(signed, signer, { place }), pdf),
      )
    writeFileSync(join(folder, 'ca.pem'), signer.chain[1].toString())
    verdicts = validatedByPyHanko([join(folder, 'ca.pem'), GRACE_PEM], Object.keys(CASES).map(fileOf))
  })

  for (const [name, [, ...places]] of Object.entries(CASES))
    it(`finds every signature good: ${name}`, () => {
      const all = verdicts[fileOf(name)] ?? []
      assert.ok(all.length >= places.length)
      assert.deepEqual(
        all.filter(({ ok }) => !ok),
        [],
      )
      assert.equal(all.at(-1)?.covers, 'ENTIRE_FILE')
    })
})
