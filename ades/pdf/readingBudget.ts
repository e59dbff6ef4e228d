import { PdfRefusal } from './pdfRefusal.ts'

/** What a document may cost beside its own length where nothing else is said. */
export const FREE_BYTES = 64 * 1024 * 1024
/** Each takes some hundred bytes of memory; the pages and fields of real documents need a small part of them. */
const MAX_VALUES = 1_000_000

/**
 * What reading one document may still cost. Objects that cross, lists without end and streams that unfold would else
 * cost the square of the file's size, or more memory than there is.
 */
export class ReadingBudget {
  #bytes: number
  #values = MAX_VALUES

  constructor(fileLength: number, freeBytes: number) {
    this.#bytes = freeBytes + 2 * fileLength
  }

  /** What is left. */
  get bytes(): number {
    return this.#bytes
  }

  /** For syntax that was read, streams that were decoded, and steps of a search. Throws PdfRefusal. */
  spendBytes(count: number): void {
    this.#bytes -= count
    if (this.#bytes < 0) throw tooComplex()
  }

  /** For each value that is kept. Throws PdfRefusal. */
  spendValue(): void {
    this.#values--
    if (this.#values < 0) throw tooComplex()
  }
}

export function tooComplex(): PdfRefusal {
  return new PdfRefusal('too-complex', 'The PDF is too complex to be read.')
}

/** Bytes to be read at a document's cost: the file itself, or a decoded stream of it. */
export interface PdfSource {
  readonly bytes: Buffer
  readonly budget: ReadingBudget
}

/** A file with a budget of its own. */
export function wholeFile(bytes: Buffer, freeBytes = FREE_BYTES): PdfSource {
  return { bytes, budget: new ReadingBudget(bytes.length, freeBytes) }
}
