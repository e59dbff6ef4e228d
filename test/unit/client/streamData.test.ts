import assert from 'node:assert/strict'
import { deflateSync } from 'node:zlib'
import { Lexer } from '../../../ades/pdf/lexer.ts'
import { wholeFile } from '../../../ades/pdf/readingBudget.ts'
import { decodeStream } from '../../../ades/pdf/streamData.ts'
import type { PdfDictionary } from '../../../ades/pdf/values.ts'

const COLUMNS = 16
const ROWS = 16
// Uneven enough that each choice of the Paeth predictor comes up.
const plain = Buffer.from(Array.from({ length: COLUMNS * ROWS }, (_, i) => (i * i * 37 + i * 11) % 256))

function dictionaryOf(text: string): PdfDictionary {
  const value = new Lexer(wholeFile(Buffer.from(text)), 0).value()
  assert.ok(value.kind === 'dictionary')
  return value
}

const decode = (dictionary: PdfDictionary, bytes: Buffer): Buffer =>
  decodeStream(dictionary, wholeFile(bytes))

/** The predictions of PNG (ISO/IEC 15948 §9.2), written for the encoder's side. */
const PREDICTIONS: readonly ((left: number, up: number, upLeft: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, up) => up,
  (left, up) => Math.floor((left + up) / 2),
  (left, up, upLeft) => {
    const estimate = left + up - upLeft
    const distance = (value: number): number => Math.abs(estimate - value)
    return [left, up, upLeft].reduce((best, value) => (distance(value) < distance(best) ? value : best))
  },
]

function encoded(type: number, pixel: number): Buffer {
  const at = (row: number, column: number): number =>
    row < 0 || column < 0 ? 0 : (plain[row * COLUMNS + column] ?? 0)
  const rows: number[] = []
  for (let row = 0; row < ROWS; row++) {
    rows.push(type)
    for (let column = 0; column < COLUMNS; column++) {
      const neighbours = [at(row, column - pixel), at(row - 1, column), at(row - 1, column - pixel)] as const
      rows.push((at(row, column) - (PREDICTIONS[type]?.(...neighbours) ?? 0)) & 0xff)
    }
  }
  return deflateSync(Buffer.from(rows))
}

describe('PDF stream filters — ISO 32000-2 §7.4.4', () => {
  for (const type of PREDICTIONS.keys()) {
    it(`undoes PNG row filter ${type}`, () => {
      const parms = `/DecodeParms << /Predictor 15 /Columns ${COLUMNS} >>`
      const dictionary = dictionaryOf(`<< /Filter /FlateDecode ${parms} >>`)
      assert.deepEqual(decode(dictionary, encoded(type, 1)), plain)
    })
  }

  it('undoes it for samples of more than a byte', () => {
    const parms = `/DecodeParms [<< /Predictor 12 /Columns 1 /Colors ${COLUMNS} >>]`
    const dictionary = dictionaryOf(`<< /Filter [/FlateDecode] ${parms} >>`)
    assert.deepEqual(decode(dictionary, encoded(4, COLUMNS)), plain)
  })

  it('leaves what has no filter, and inflates what has no predictor', () => {
    assert.deepEqual(decode(dictionaryOf('<< >>'), plain), plain)
    assert.deepEqual(decode(dictionaryOf('<< /Filter /FlateDecode >>'), deflateSync(plain)), plain)
  })
})
