import assert from 'node:assert/strict'
import { PdfRefusal } from '../../../client/pdf/pdfRefusal.ts'
import { HOSTILE } from '../../support/hostilePdf.ts'
import { revisionOf } from '../../support/revisionOf.ts'

/** On a busy machine; alone each takes a tenth. */
const LONGEST_MS = 10_000

function outcomeOf(pdf: Buffer): string {
  try {
    revisionOf(pdf)
    return 'signed'
  } catch (error) {
    if (error instanceof PdfRefusal) return error.reason
    throw error
  }
}

describe('hostile PDFs', function () {
  this.timeout(60_000)

  for (const [what, { make, outcome }] of Object.entries(HOSTILE))
    it(`soon comes to an end with ${what}: ${outcome}`, () => {
      const pdf = make()
      const started = performance.now()
      assert.equal(outcomeOf(pdf), outcome)
      assert.ok(performance.now() - started < LONGEST_MS)
    })
})
