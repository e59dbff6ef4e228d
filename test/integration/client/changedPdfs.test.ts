import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { PdfRefusal } from '../../../ades/pdf/pdfRefusal.ts'
import { localSigner } from '../../support/localSigner.ts'
import { pdfFixture, SIGNABLE_FIXTURES } from '../../support/pdfFixtures.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'
import { signLocally } from '../../support/signLocally.ts'

/** The same cases each time. */
const SEED = 20_261_124
const RUNS = 120

describe('PDFs of other producers with bytes changed', function () {
  this.timeout(120_000)

  it('are refused, or signed so that poppler finds the signature over the whole file valid', async () => {
    const signer = await localSigner('p-256')
    const file = join(scratchFolder('changed'), 'signed.pdf')
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })
    const cases = fc.sample(fc.tuple(fc.constantFrom(...SIGNABLE_FIXTURES), changes), {
      seed: SEED,
      numRuns: RUNS,
    })
    let refused = 0
    for (const [name, bytes] of cases) {
      const pdf = pdfFixture(name)
      for (const [at, byte] of bytes) pdf[at % pdf.length] = byte
      try {
        writeFileSync(file, signLocally(pdf, signer))
      } catch (error) {
        assert.ok(error instanceof PdfRefusal, `${name}: ${String(error)}`)
        refused++
        continue
      }
      const { stdout } = spawnSync('pdfsig', [file], { encoding: 'utf8' })
      assert.match(stdout, /Total document signed\n +- Signature Validation: Signature is Valid\./, name)
    }
    assert.ok(refused > RUNS / 20 && refused < RUNS / 2, `${refused} refused`)
  })
})
