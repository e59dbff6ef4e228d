import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { SignaturePlace } from '../../../ades/pdf/signatureField.ts'
import { HOSTILE } from '../../support/hostilePdf.ts'
import { measuredRun } from '../../support/peakMemory.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'

/** On a busy machine; alone each takes a tenth. */
const LONGEST_MS = 10_000
const MOST_BYTES = 1024 * 1024 * 1024

const outcomes = z.array(z.object({ outcome: z.string(), milliseconds: z.number() }))

interface HostileFile {
  readonly file: string
  readonly place: SignaturePlace | undefined
}

/** Signs each file in turn, in a process that does nothing else. */
const program = (files: readonly HostileFile[]): string => `
  import { readFileSync } from 'node:fs'
  import { revisionOf } from './test/support/revisionOf.ts'
  function outcomeOf(pdf, place) {
    try {
      revisionOf(pdf, place)
      return 'signed'
    } catch (error) {
      return error.name === 'PdfRefusal' ? error.reason : String(error.stack)
    }
  }
  const outcomes = ${JSON.stringify(files)}.map(({ file, place }) => {
    const pdf = readFileSync(file)
    const started = performance.now()
    return { outcome: outcomeOf(pdf, place), milliseconds: performance.now() - started }
  })
  process.stdout.write(JSON.stringify(outcomes))`

describe('hostile PDFs', function () {
  this.timeout(180_000)
  let seen: z.infer<typeof outcomes>
  let peak: number
  before(async () => {
    const folder = scratchFolder('hostile')
    const files = Object.values(HOSTILE).map(({ make, place }, i): HostileFile => {
      const file = join(folder, `${i}.pdf`)
      writeFileSync(file, make())
      return { file, place }
    })
    const { output, peakBytes } = await measuredRun(program(files))
    seen = outcomes.parse(JSON.parse(output))
    peak = peakBytes
  })

  for (const [i, [what, { outcome }]] of Object.entries(HOSTILE).entries())
    it(`soon comes to an end with ${what}: ${outcome}`, () => {
      const result = seen[i]
      assert.equal(result?.outcome, outcome)
      assert.ok(result.milliseconds < LONGEST_MS, `${result.milliseconds} ms`)
    })

  it('takes bounded memory for all of them, one after the other', () => {
    assert.ok(peak < MOST_BYTES, `${peak / 1024 / 1024} MiB`)
  })
})
