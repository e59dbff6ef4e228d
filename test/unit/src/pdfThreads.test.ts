import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { samplePdf } from '../../../ades/pdf/samplePdf.ts'
import { withContents } from '../../../ades/pdf/signatureRevision.ts'
import { createPdfThreads, type PdfThreads } from '../../../src/adapters/pdf/pdfThreads.ts'
import type { PdfsToRevise } from '../../../src/ports/pdfRevisions.ts'
import { costlyPdf, manyObjectsPdf } from '../../support/hostilePdf.ts'
import { revisionOf } from '../../support/revisionOf.ts'

const MEBIBYTE = 1024 * 1024
const TERMS = { time: new Date(0), contentsLength: 64, digest: 'sha256', signerName: 'Ada' }

function request(pdfs: readonly Buffer[], userId = 'ada'): PdfsToRevise {
  return { userId, pdfs, terms: TERMS }
}

type Revisions = ReturnType<PdfThreads['revise']>

const TOO_COMPLEX = { name: 'PdfRefusal', reason: 'too-complex' }

describe('threads that read PDFs', () => {
  let close: PdfThreads['close'] = () => Promise.resolve()
  const started = (within: number, freeBytes: number): ((asked: PdfsToRevise) => Revisions) => {
    const threads = createPdfThreads({ within, freeBytes })
    close = () => threads.close()
    return (asked) => threads.revise(asked)
  }
  afterEach(() => close())

  it('give one revision for each, in order, as it would be made here', async () => {
    const pdfs = [samplePdf(), Buffer.concat([samplePdf(), Buffer.from('%\n')])]
    const revisions = await started(20_000, MEBIBYTE)(request(pdfs))
    assert.deepEqual(
      revisions.map((revision) => withContents(revision, Buffer.alloc(64, 1)).length > 64),
      [true, true],
    )
    const [first] = revisions
    assert.deepEqual(first?.originalDigest, revisionOf(samplePdf()).originalDigest)
    assert.notDeepEqual(first.originalDigest, revisions[1]?.originalDigest)
  })

  it('refuse what cannot be signed with its reason, and go on', async () => {
    const revise = started(20_000, MEBIBYTE)
    for (let n = 0; n < 3; n++)
      await assert.rejects(revise(request([samplePdf(), Buffer.from('x')])), {
        name: 'PdfRefusal',
        reason: 'not-a-pdf',
        message: 'The file is not a PDF: it does not begin with %PDF-.',
      })
    assert.equal((await revise(request([samplePdf()]))).length, 1)
  })

  it('have one budget for the request: what each may cost alone is too much together', async () => {
    const revise = started(20_000, 32 * MEBIBYTE)
    const costly = costlyPdf(8 * MEBIBYTE)
    assert.equal((await revise(request([costly]))).length, 1)
    await assert.rejects(revise(request([costly, costly, costly, costly, costly])), TOO_COMPLEX)
    assert.equal((await revise(request([costly]))).length, 1, 'the next request has its own')
  })

  it('are ended at the deadline and replaced, and neither this thread nor another user waits', async () => {
    const revise = started(5000, 16_384 * MEBIBYTE)
    await revise(request([samplePdf()], 'bob'))
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    const began = performance.now()
    const hostile = assert.rejects(
      revise(request(Array<Buffer>(250).fill(costlyPdf(63 * MEBIBYTE)))),
      TOO_COMPLEX,
    )
    const behind = revise(request([samplePdf()]))
    await revise(request([samplePdf()], 'bob'))
    assert.ok(performance.now() - began < 4900, 'bob did not wait for it')
    await hostile
    delay.disable()
    assert.ok(performance.now() - began > 4900)
    assert.ok(delay.max < 400e6, `${delay.max} ns`)
    assert.equal((await behind).length, 1)
  })

  it('refuse what fills their heap before any other bound is met, and the next PDF is served', async () => {
    const revise = started(60_000, 64 * MEBIBYTE)
    const many = manyObjectsPdf()
    assert.ok(revisionOf(many).increment.length > 0, 'nothing else is wrong with it')
    for (let n = 0; n < 2; n++) {
      await assert.rejects(revise(request([many])), {
        ...TOO_COMPLEX,
        message: 'The PDF is too complex to be read.',
      })
      assert.equal((await revise(request([samplePdf()]))).length, 1)
    }
  })

  it('serve one user one at a time', async () => {
    const revise = started(60_000, 4096 * MEBIBYTE)
    await Promise.all(['ada', 'bob'].map((userId) => revise(request([samplePdf()], userId))))
    const order: string[] = []
    const slow = Array<Buffer>(4).fill(costlyPdf(63 * MEBIBYTE))
    const note = async (name: string, userId: string, pdfs: readonly Buffer[]): Promise<void> => {
      await revise(request(pdfs, userId))
      order.push(name)
    }
    await Promise.all([
      note('ada 1', 'ada', slow),
      note('ada 2', 'ada', [samplePdf()]),
      note('bob', 'bob', [samplePdf()]),
    ])
    assert.deepEqual(order, ['bob', 'ada 1', 'ada 2'])
  })

  it('refuse at the end what runs, what waits and what comes later', async () => {
    const revise = started(60_000, 4096 * MEBIBYTE)
    const slow = Array<Buffer>(4).fill(costlyPdf(63 * MEBIBYTE))
    const unavailable = { name: 'Refusal', reason: 'unavailable' }
    const asked = [slow, [samplePdf()], [samplePdf()]].map((pdfs) =>
      assert.rejects(revise(request(pdfs)), unavailable),
    )
    await close()
    await Promise.all(asked)
    await assert.rejects(revise(request([samplePdf()])), unavailable)
  })
})
