import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { classicPdf } from '../../../ades/pdf/samplePdf.ts'
import { checkWithTools } from '../../support/checkSignedPdf.ts'
import { measuredRun } from '../../support/peakMemory.ts'
import { scriptedCsc, type ScriptedCsc } from '../../support/scriptedCsc.ts'

const MEBIBYTE = 1024 * 1024
/** Node, the compiler of the tests, the packages: what signing a small file takes, and some air. */
const BASE = 220 * MEBIBYTE

/** A PDF with a picture of this many bytes that no page shows. */
function largePdf(bytes: number): Buffer {
  const small = classicPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Resources << >> >>',
    `<< /Length ${bytes} >>\nstream\n\nendstream`,
  ]).toString('latin1')
  const at = small.indexOf('\nendstream')
  const end = small.slice(at).replace(/startxref\n([0-9]+)/, (_, offset: string) => {
    return `startxref\n${Number(offset) + bytes}`
  })
  return Buffer.concat([
    Buffer.from(small.slice(0, at), 'latin1'),
    Buffer.alloc(bytes, 'chancery '),
    Buffer.from(end, 'latin1'),
  ])
}

describe('chancery sign, large files', function () {
  this.timeout(180_000)
  let service: ScriptedCsc
  beforeEach(async () => {
    service = await scriptedCsc()
  })
  afterEach(() => service.close())

  /** The command in a process of its own; resolves with the most memory that it took. */
  const peakOfSigning = async (words: readonly string[]): Promise<number> => {
    const args = ['sign', ...words, '--connection', service.connectionFile]
    const { output, peakBytes } = await measuredRun(`
      import { run } from './client/main.ts'
      process.stdout.write('code ' + (await run(${JSON.stringify(args)})))`)
    assert.match(output, /code 0$/)
    return peakBytes
  }
  const file = (name: string): string => join(service.folder, name)

  it('signs 100 MB without several copies in memory', async () => {
    const size = 100 * MEBIBYTE
    const original = largePdf(size)
    writeFileSync(file('in.pdf'), original)
    const peak = await peakOfSigning([file('in.pdf'), file('out.pdf')])
    assert.ok(peak < 1.2 * size + BASE, `${peak / MEBIBYTE} MiB`)
    const signed = readFileSync(file('out.pdf'))
    assert.ok(signed.subarray(0, original.length).equals(original))
    checkWithTools(signed, 1)
  })

  it('signs several large files without having them in memory at once', async () => {
    const size = 60 * MEBIBYTE
    const names = ['a.pdf', 'b.pdf', 'c.pdf', 'd.pdf', 'e.pdf', 'f.pdf']
    for (const name of names) writeFileSync(file(name), largePdf(size))
    const peak = await peakOfSigning([...names.map(file), '--out-dir', file('out')])
    assert.ok(peak < 2.5 * size + BASE, `${peak / MEBIBYTE} MiB`)
    checkWithTools(readFileSync(join(file('out'), 'f.pdf')), 1)
  })

  it('signs 300 MB beside the file with the memory of a small one', async () => {
    writeFileSync(file('large.bin'), Buffer.alloc(300 * MEBIBYTE))
    const peak = await peakOfSigning(['--detached', file('large.bin')])
    assert.ok(peak < BASE, `${peak / MEBIBYTE} MiB`)
  })
})
