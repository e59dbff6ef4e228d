import { Worker } from 'node:worker_threads'
import { PdfRefusal } from '../../../ades/pdf/pdfRefusal.ts'
import { tooComplex } from '../../../ades/pdf/readingBudget.ts'
import type { SignatureRevision } from '../../../ades/pdf/signatureRevision.ts'
import { Refusal } from '../../domain/errors.ts'
import { Turns } from '../../domain/turns.ts'
import type { PdfRevisions, PdfsToRevise } from '../../ports/pdfRevisions.ts'
import type { PdfAnswer, PdfWork } from './pdfThread.ts'

export interface PdfThreadsOptions {
  /** Milliseconds that the PDFs of one request may take, from when a thread begins with them. */
  readonly within: number
  /** What reading them may cost beside their own lengths, all together. */
  readonly freeBytes: number
}

export interface PdfThreads extends PdfRevisions {
  /** Ends the threads, and whatever they do. What runs, waits or comes after it: Refusal `unavailable`. */
  close(): Promise<void>
}

/** Threads at one time: one for a request that takes long, one for everybody else. */
const MAX_THREADS = 2

/** MiB of the heap of each; what a hostile file makes of it ends the thread, not the process. */
const MAX_HEAP = 192

/** Beside this file, with its ending: `js` in a build, `ts` under a loader, which threads do not inherit. */
const THREAD = new URL(`./pdfThread${import.meta.url.slice(-3)}`, import.meta.url)
const WITH_LOADER = `import('tsx/esm/api').then(({ register }) => { register(); return import('${THREAD.href}') })`

interface Job extends PdfsToRevise {
  answered(answer: PdfAnswer): void
  failed(error: unknown): void
}

/**
 * Threads that read PDFs: kept from one request to the next, since a new one takes a tenth of a second, and replaced when one
 * had to be ended. One user has one of them at a time, and users take turns.
 */
export function createPdfThreads(options: PdfThreadsOptions): PdfThreads {
  const waiting = new Turns<Job>()
  const running = new Map<string, Worker>()
  let idle: readonly Worker[] = []
  let isClosed = false

  async function serve(job: Job, worker: Worker): Promise<void> {
    try {
      const answer = await answerOf(worker, job, options)
      idle = [...idle, worker]
      job.answered(answer)
    } catch (error) {
      // Ended, or to be ended: nobody knows what it is doing.
      await worker.terminate()
      job.failed(isClosed ? closed(error) : error)
    }
    running.delete(job.userId)
    begin()
  }

  function added(): Worker {
    const worker = newWorker()
    worker.once('exit', () => {
      idle = idle.filter((one) => one !== worker)
    })
    return worker
  }

  function begin(): void {
    while (!isClosed && running.size < MAX_THREADS) {
      const job = waiting.next((userId) => running.has(userId))
      if (job === undefined) return
      const worker = idle[0] ?? added()
      idle = idle.slice(1)
      running.set(job.userId, worker)
      void serve(job, worker)
    }
  }

  return {
    async revise(request) {
      const answer = await new Promise<PdfAnswer>((answered, failed) => {
        if (isClosed) throw closed()
        waiting.add(request.userId, { ...request, answered, failed })
        begin()
      })
      return revisionsIn(answer)
    },
    async close() {
      isClosed = true
      for (let job = waiting.next(() => false); job !== undefined; job = waiting.next(() => false))
        job.failed(closed())
      await Promise.all([...idle, ...running.values()].map((worker) => worker.terminate()))
    },
  }
}

function closed(cause?: unknown): Refusal {
  return new Refusal('unavailable', { cause, detail: 'the threads that read PDFs are closed' })
}

function newWorker(): Worker {
  // Nothing of this process but its code.
  const options = { env: {}, resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP } }
  const worker = THREAD.pathname.endsWith('.ts')
    ? new Worker(WITH_LOADER, { ...options, eval: true })
    : new Worker(THREAD, options)
  worker.unref()
  // What a thread says when nobody waits for it: it is replaced when it is needed.
  worker.on('error', () => undefined)
  return worker
}

/** Throws PdfRefusal `too-complex` at the deadline and where memory is at its end; then the thread is, too. */
function answerOf(worker: Worker, { pdfs, terms }: Job, options: PdfThreadsOptions): Promise<PdfAnswer> {
  const work: PdfWork = { pdfs, terms, freeBytes: options.freeBytes }
  return new Promise((resolve, reject) => {
    const answered = (answer: PdfAnswer): void => {
      end()
      resolve(answer)
    }
    const failed = (error: NodeJS.ErrnoException): void => {
      end()
      reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooComplex() : error)
    }
    const exited = (): void => {
      failed(new Error('the thread ended'))
    }
    const timer = setTimeout(failed, options.within, tooComplex())
    const end = (): void => {
      clearTimeout(timer)
      worker.off('message', answered).off('error', failed).off('exit', exited)
    }
    worker.on('message', answered).on('error', failed).on('exit', exited)
    worker.postMessage(work)
  })
}

function revisionsIn(answer: PdfAnswer): readonly SignatureRevision[] {
  if ('refused' in answer) throw new PdfRefusal(answer.refused, answer.message)
  if ('failed' in answer) throw new Error('a PDF was read badly', { cause: answer.failed })
  return answer.revisions.map(withBuffers)
}

/** Between threads a Buffer becomes a Uint8Array. */
function withBuffers(revision: SignatureRevision): SignatureRevision {
  const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
    Buffer.from(buffer, byteOffset, byteLength)
  return {
    ...revision,
    originalDigest: bufferOf(revision.originalDigest),
    digest: bufferOf(revision.digest),
    increment: bufferOf(revision.increment),
  }
}
