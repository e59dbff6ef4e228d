import { PdfRefusal } from './pdfRefusal.ts'

/**
 * Text in Helvetica, one of the fonts that every reader has (ISO 32000-2 §9.6.2.2). Its letters are those of the Latin
 * languages; each line gets an encoding in which the letters beyond Latin-1 have codes of their own.
 */
export class StandardFont {
  readonly #codes = new Map<string, number>()
  #next = FIRST_FREE_CODE

  /** PDF syntax of a literal string. Throws PdfRefusal for a letter that the font does not have. */
  string(text: string): string {
    const codes = Array.from(normalized(text), (letter) => this.#code(letter))
    return `(${String.fromCharCode(...codes).replace(/[\\()]/g, '\\$&')})`
  }

  /** PDF syntax of the font, once all strings are made. */
  dictionary(): string {
    const differences = [...this.#codes].map(([letter, code]) => `${code} /${GLYPHS.get(letter) ?? ''}`)
    return (
      '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica' +
      ` /Encoding << /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [${differences.join(' ')}] >> >>`
    )
  }

  #code(letter: string): number {
    const point = letter.codePointAt(0) ?? 0
    if (isLatin1(point)) return point
    const known = this.#codes.get(letter)
    if (known !== undefined) return known
    if (!GLYPHS.has(letter) || this.#next > LAST_FREE_CODE)
      throw new PdfRefusal(
        'unsupported',
        `The name cannot be shown: the standard font has no letter "${letter}". Sign without a visible signature.`,
      )
    this.#codes.set(letter, this.#next)
    return this.#next++
  }
}

/** What WinAnsiEncoding puts between ASCII and Latin-1 is never used by its own code. */
const FIRST_FREE_CODE = 0x80
const LAST_FREE_CODE = 0x9f

function isLatin1(point: number): boolean {
  return (point >= 0x20 && point <= 0x7e) || (point > 0xa0 && point <= 0xff && point !== 0xad)
}

function normalized(text: string): string {
  return text.normalize('NFC').replace(/\s/g, ' ')
}

const MARKS: Readonly<Record<string, string>> = {
  '\u0301': 'acute',
  '\u0304': 'macron',
  '\u0306': 'breve',
  '\u0307': 'dotaccent',
  '\u0308': 'dieresis',
  '\u030a': 'ring',
  '\u030b': 'hungarumlaut',
  '\u030c': 'caron',
  '\u0326': 'commaaccent',
  '\u0327': 'commaaccent',
  '\u0328': 'ogonek',
}
const COMPOSED = 'ĂăĀāĄąĆćČčĎďĚěĖėĒēĘęĞğĢģİĪīĮįĶķĹĺĽľĻļŃńŇňŅņŐőŌōŔŕŘřŖŗŚśŠšȘșŤťŢţȚțŰűŪūŲųŮůŹźŽžŻżŸ'

/** Adobe's names of the letters that the standard Latin fonts have beyond Latin-1. */
const GLYPHS: ReadonlyMap<string, string> = new Map([
  ...Array.from(COMPOSED, (letter): [string, string] => {
    const [base = '', mark = ''] = letter.normalize('NFD')
    return [letter, base + (MARKS[mark] ?? '')]
  }),
  ['Ş', 'Scedilla'],
  ['ş', 'scedilla'],
  ['Ł', 'Lslash'],
  ['ł', 'lslash'],
  ['Đ', 'Dcroat'],
  ['đ', 'dcroat'],
  ['ı', 'dotlessi'],
  ['Œ', 'OE'],
  ['œ', 'oe'],
  ['€', 'Euro'],
  ['–', 'endash'],
  ['—', 'emdash'],
  ['‘', 'quoteleft'],
  ['’', 'quoteright'],
  ['“', 'quotedblleft'],
  ['”', 'quotedblright'],
  ['„', 'quotedblbase'],
])

/** Thousandths of the font size, by width. */
const WIDTHS: readonly (readonly [number, string])[] = [
  [191, "'"],
  [222, 'ijl'],
  [260, '|'],
  [278, ' !,./:;I[\\]ft'],
  [333, '()-`r'],
  [334, '{}'],
  [355, '"'],
  [389, '*'],
  [469, '^'],
  [500, 'Jcksvxyz'],
  [556, '#$0123456789?L_abdeghnopqu'],
  [584, '+<=>~'],
  [611, 'FTZ'],
  [667, '&ABEKPSVXY'],
  [722, 'CDHNRUw'],
  [778, 'GOQ'],
  [833, 'Mm'],
  [889, '%'],
  [944, 'W'],
]
const WIDTH_OF: ReadonlyMap<string, number> = new Map(
  WIDTHS.flatMap(([width, letters]) => Array.from(letters, (letter): [string, number] => [letter, width])),
)
const WIDEST = 1000

/** Width of a line in the size of the font; a letter with a mark is as wide as without. */
export function textWidth(text: string): number {
  const widths = Array.from(
    normalized(text),
    (letter) => WIDTH_OF.get(letter.normalize('NFD')[0] ?? '') ?? WIDEST,
  )
  return widths.reduce((sum, width) => sum + width, 0) / 1000
}
