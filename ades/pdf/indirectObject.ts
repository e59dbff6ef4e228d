import { Lexer } from './lexer.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import type { PdfSource } from './readingBudget.ts'
import type { PdfDictionary, PdfValue } from './values.ts'

export interface IndirectObject {
  readonly number: number
  readonly generation: number
  readonly value: PdfValue
  /** Where the bytes of its stream begin, if it is one. */
  readonly streamAt: number | undefined
  /** Just after the value. */
  readonly end: number
}

/** Reads `N G obj …` (ISO 32000-2 §7.3.10) at a position; undefined if no such thing is there. Throws PdfRefusal. */
export function readIndirectObject(source: PdfSource, at: number): IndirectObject | undefined {
  const lexer = new Lexer(source, at)
  const number = lexer.takeInteger()
  const generation = number === undefined ? undefined : lexer.takeInteger()
  if (number === undefined || generation === undefined || !lexer.takeWord('obj')) return undefined
  const value = lexer.value()
  const end = lexer.at
  source.budget.spendBytes(end - at)
  const isStream = value.kind === 'dictionary' && lexer.takeWord('stream')
  return {
    number,
    generation,
    value,
    streamAt: isStream ? afterLineEnd(source.bytes, lexer.at) : undefined,
    end,
  }
}

function afterLineEnd(bytes: Buffer, at: number): number {
  if (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) return at + 2
  return bytes[at] === 0x0a ? at + 1 : at
}

export interface StreamPlace {
  readonly dictionary: PdfDictionary
  readonly streamAt: number
  readonly length: number | undefined
}

/** The encoded bytes of a stream, which must end where its length says. Throws PdfRefusal. */
export function streamBytes(source: PdfSource, { streamAt, length }: StreamPlace): Buffer {
  const { bytes } = source
  const end = streamAt + (length ?? Number.NaN)
  if (end <= bytes.length && new Lexer(source, end).takeWord('endstream'))
    return bytes.subarray(streamAt, end)
  throw new PdfRefusal(
    'broken-object',
    `The PDF is damaged: the stream at byte ${streamAt} does not end where it says.`,
  )
}
