import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { PdfRefusal } from '../../../ades/pdf/pdfRefusal.ts'
import { preparePdfFile, type SigningInput } from '../../../client/preparedFile.ts'
import { localSigner, type LocalSigner } from '../../support/localSigner.ts'
import { pdfFixture, SIGNABLE_FIXTURES } from '../../support/pdfFixtures.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'

/** The same cases each time. */
const SEED = 20_261_124
const RUNS = 400
const LONGEST_MS = 10_000
/** Of those that are signed, one in so many goes to poppler. */
const SAMPLE = 4

type Damage = (pdf: Buffer, at: number, length: number) => Buffer

/** What storage, transport and bad programs do to files. */
const DAMAGES: Readonly<Record<string, Damage>> = {
  'its end is missing': (pdf, at) => pdf.subarray(0, at),
  'its start is missing': (pdf, at) => pdf.subarray(at),
  'a piece is missing': (pdf, at, length) => Buffer.concat([pdf.subarray(0, at), pdf.subarray(at + length)]),
  'a piece is there twice': (pdf, at, length) =>
    Buffer.concat([pdf.subarray(0, at + length), pdf.subarray(at, at + length), pdf.subarray(at + length)]),
  'a piece is zero': (pdf, at, length) => {
    const damaged = Buffer.from(pdf)
    damaged.fill(0, at, Math.min(at + length, pdf.length))
    return damaged
  },
  'a piece lies over another': (pdf, at, length) => {
    const damaged = Buffer.from(pdf)
    pdf.copy(damaged, pdf.length - at, at, at + length)
    return damaged
  },
  'another file follows': (pdf, at) => Buffer.concat([pdf, pdf.subarray(at)]),
  'line ends were changed': (pdf) => Buffer.from(pdf.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
  'something follows': (pdf, at, length) => Buffer.concat([pdf, Buffer.alloc(length, at)]),
}

describe('files that hold damaged PDFs', function () {
  this.timeout(300_000)
  let signer: LocalSigner
  let folder: string
  before(async () => {
    signer = await localSigner('p-256')
    folder = scratchFolder('damaged')
  })

  /** Whether it was signed; else it was refused with a reason. In either case nothing else is left. */
  async function isSigned(pdf: Buffer): Promise<boolean> {
    const pair = { inputFile: join(folder, 'in.pdf'), outputFile: join(folder, 'out.pdf') }
    const scheme = { name: 'ecdsa', digest: 'sha256' } as const
    const input: SigningInput = { chain: signer.chain, scheme, time: new Date(0), isReplacing: false }
    writeFileSync(pair.inputFile, pdf)
    rmSync(pair.outputFile, { force: true })
    try {
      const prepared = await preparePdfFile(pair, input)
      await prepared.write(signer.sign(scheme, prepared.hash))
    } catch (error) {
      if (!(error instanceof PdfRefusal)) throw error
      assert.notEqual(error.message, '')
      assert.deepEqual(readdirSync(folder), ['in.pdf'])
      return false
    }
    assert.deepEqual(readdirSync(folder).sort(), ['in.pdf', 'out.pdf'])
    assert.ok(readFileSync(pair.outputFile).subarray(0, pdf.length).equals(pdf), 'the document is changed')
    return true
  }

  it('are refused with a reason and no output, or signed so that poppler finds it valid; and soon', async () => {
    const cases = fc.sample(
      fc.tuple(
        fc.constantFrom(...SIGNABLE_FIXTURES),
        fc.constantFrom(...Object.keys(DAMAGES)),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 4000 }),
      ),
      { seed: SEED, numRuns: RUNS },
    )
    let signed = 0
    for (const [name, damage, part, length] of cases) {
      const pdf = pdfFixture(name)
      const damaged = DAMAGES[damage]?.(pdf, Math.floor(part * pdf.length), length) ?? pdf
      const what = `${name}: ${damage}, ${String(part)}, ${String(length)}`
      const began = performance.now()
      const wasSigned = await isSigned(damaged).catch((cause: unknown) => {
        throw new Error(what, { cause })
      })
      assert.ok(performance.now() - began < LONGEST_MS, what)
      if (!wasSigned || signed++ % SAMPLE !== 0) continue
      const { stdout } = spawnSync('pdfsig', [join(folder, 'out.pdf')], { encoding: 'utf8' })
      assert.match(stdout, /Total document signed\n +- Signature Validation: Signature is Valid\./, what)
    }
    assert.ok(signed > RUNS / 20 && signed < RUNS / 2, `${String(signed)} signed`)
  })
})
