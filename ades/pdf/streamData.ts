import { inflateSync } from 'node:zlib'
import { PdfRefusal } from './pdfRefusal.ts'
import { tooComplex, type PdfSource } from './readingBudget.ts'
import { countOf, entryOf, isName, type PdfDictionary, type PdfValue } from './values.ts'

/** Decoded bytes of one cross-reference or object stream. */
const MAX_DECODED = 64 * 1024 * 1024

interface Predictor {
  readonly predictor: number
  readonly columns: number
  readonly colors: number
  readonly bits: number
}

/** Decodes a stream (ISO 32000-2 §7.4): no filter, or FlateDecode with or without a PNG predictor. Throws PdfRefusal. */
export function decodeStream(dictionary: PdfDictionary, { bytes: encoded, budget }: PdfSource): Buffer {
  const filter = single(entryOf(dictionary, 'Filter'))
  if (filter === undefined) return encoded
  if (!isName(filter, 'FlateDecode'))
    throw new PdfRefusal('unsupported', 'The PDF keeps its objects in a stream with an unknown filter.')
  const inflated = inflate(encoded, budget.bytes)
  budget.spendBytes(inflated.length)
  const parameters = single(entryOf(dictionary, 'DecodeParms'))
  if (parameters?.kind !== 'dictionary') return inflated
  return undoPredictor(predictorOf(parameters), inflated)
}

function single(value: PdfValue | undefined): PdfValue | undefined {
  if (value?.kind !== 'array') return value
  if (value.items.length > 1)
    throw new PdfRefusal('unsupported', 'The PDF keeps its objects in a stream with several filters.')
  return value.items[0]
}

function inflate(encoded: Buffer, most: number): Buffer {
  try {
    return inflateSync(encoded, { maxOutputLength: Math.max(1, Math.min(MAX_DECODED, most)) })
  } catch (cause) {
    // Nothing is unfolded that the budget does not pay for.
    if (most < MAX_DECODED && isTooLong(cause)) throw tooComplex()
    throw new PdfRefusal('broken-object', 'The PDF is damaged: a compressed stream cannot be read.', {
      cause,
    })
  }
}

function isTooLong(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
}

function predictorOf(parameters: PdfDictionary): Predictor {
  return {
    predictor: countOf(entryOf(parameters, 'Predictor')) ?? 1,
    columns: countOf(entryOf(parameters, 'Columns')) ?? 1,
    colors: countOf(entryOf(parameters, 'Colors')) ?? 1,
    bits: countOf(entryOf(parameters, 'BitsPerComponent')) ?? 8,
  }
}

function undoPredictor({ predictor, columns, colors, bits }: Predictor, data: Buffer): Buffer {
  if (predictor === 1) return data
  const pixel = Math.max(1, Math.ceil((colors * bits) / 8))
  const width = Math.ceil((columns * colors * bits) / 8)
  if (predictor < 10 || predictor > 15 || width < 1 || width > data.length)
    throw new PdfRefusal('unsupported', 'The PDF keeps its objects in a stream with an unknown predictor.')

  const rows = Math.floor(data.length / (width + 1))
  const out = Buffer.alloc(rows * width)
  for (let row = 0; row < rows; row++) {
    const type = data[row * (width + 1)] ?? 0
    for (let column = 0; column < width; column++) {
      const at = row * width + column
      const left = column < pixel ? 0 : (out[at - pixel] ?? 0)
      const up = row === 0 ? 0 : (out[at - width] ?? 0)
      const upLeft = row === 0 || column < pixel ? 0 : (out[at - width - pixel] ?? 0)
      out[at] = (data[row * (width + 1) + 1 + column] ?? 0) + predicted(type, left, up, upLeft)
    }
  }
  return out
}

/** PNG (ISO/IEC 15948) §9.2: what each filter type adds. */
function predicted(type: number, left: number, up: number, upLeft: number): number {
  switch (type) {
    case 0:
      return 0
    case 1:
      return left
    case 2:
      return up
    case 3:
      return (left + up) >> 1
    case 4:
      return paeth(left, up, upLeft)
    default:
      throw new PdfRefusal(
        'broken-object',
        'The PDF is damaged: a compressed stream has an unknown row filter.',
      )
  }
}

function paeth(left: number, up: number, upLeft: number): number {
  const estimate = left + up - upLeft
  // Once for each byte of a stream: nothing may be allocated here.
  const toLeft = Math.abs(estimate - left)
  const toUp = Math.abs(estimate - up)
  const toUpLeft = Math.abs(estimate - upLeft)
  if (toLeft <= toUp && toLeft <= toUpLeft) return left
  return toUp <= toUpLeft ? up : upLeft
}
