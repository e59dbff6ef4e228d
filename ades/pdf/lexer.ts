import { PdfRefusal } from './pdfRefusal.ts'
import type { PdfSource, ReadingBudget } from './readingBudget.ts'
import type {
  PdfArray,
  PdfDictionary,
  PdfName,
  PdfNumber,
  PdfReference,
  PdfString,
  PdfValue,
} from './values.ts'

/** Nested arrays and dictionaries: far above what documents have, far below the stack. */
const MAX_DEPTH = 64
const MAX_WORD = 256

const SPACES = new Set([0x00, 0x09, 0x0a, 0x0c, 0x0d, 0x20])
const DELIMITERS = new Set(Buffer.from('()<>[]{}/%'))
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

function broken(what: string, at: number): PdfRefusal {
  return new PdfRefusal('broken-object', `The PDF is damaged: ${what} at byte ${at}.`)
}

/** Reads PDF syntax (ISO 32000-2 §7.2, §7.3) forwards from a position. Every step goes on, so it always ends. */
export class Lexer {
  readonly #bytes: Buffer
  readonly #budget: ReadingBudget
  at: number

  constructor({ bytes, budget }: PdfSource, at: number) {
    this.#bytes = bytes
    this.#budget = budget
    this.at = at
  }

  skipSpace(): void {
    for (;;) {
      const byte = this.#bytes[this.at]
      if (byte === 0x25) this.#skipComment()
      else if (byte !== undefined && SPACES.has(byte)) this.at++
      else return
    }
  }

  #skipComment(): void {
    while (this.at < this.#bytes.length && this.#bytes[this.at] !== 0x0a && this.#bytes[this.at] !== 0x0d)
      this.at++
  }

  /** The regular characters that follow, without moving. */
  peekWord(): string {
    let end = this.at
    while (end < this.#bytes.length && end - this.at < MAX_WORD && this.#isRegular(end)) end++
    return this.#bytes.toString('latin1', this.at, end)
  }

  /** Moves over a keyword and the space before it, if it comes next. */
  takeWord(word: string): boolean {
    this.skipSpace()
    if (this.peekWord() !== word) return false
    this.at += word.length
    return true
  }

  /** Moves over a non-negative integer and the space before it, if one comes next. */
  takeInteger(): number | undefined {
    this.skipSpace()
    const word = this.peekWord()
    if (!/^[0-9]{1,10}$/.test(word)) return undefined
    this.at += word.length
    return Number(word)
  }

  /** The object that follows. Throws PdfRefusal. */
  value(depth = 0): PdfValue {
    if (depth > MAX_DEPTH) throw broken('objects nest too deeply', this.at)
    this.#budget.spendValue()
    this.skipSpace()
    const first = this.#bytes[this.at]
    if (first === 0x2f) return this.#name()
    if (first === 0x28) return this.#literalString()
    if (first === 0x5b) return this.#array(depth)
    if (first === 0x3c) return this.#bytes[this.at + 1] === 0x3c ? this.#dictionary(depth) : this.#hexString()
    return this.#word()
  }

  #isRegular(at: number): boolean {
    const byte = this.#bytes[at]
    return byte !== undefined && !SPACES.has(byte) && !DELIMITERS.has(byte)
  }

  #source(start: number): Buffer {
    return this.#bytes.subarray(start, this.at)
  }

  #word(): PdfValue {
    const start = this.at
    const word = this.peekWord()
    if (word === 'null' || word === 'true' || word === 'false') {
      this.at += word.length
      return { kind: 'keyword', value: word, source: this.#source(start) }
    }
    if (!/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$/.test(word)) throw broken('an object is expected', start)
    return this.#reference() ?? this.#number(start, word)
  }

  #number(start: number, word: string): PdfNumber {
    this.at = start + word.length
    return { kind: 'number', value: Number(word), source: this.#source(start) }
  }

  #reference(): PdfReference | undefined {
    const start = this.at
    const number = this.takeInteger()
    const generation = number === undefined ? undefined : this.takeInteger()
    if (number !== undefined && generation !== undefined && this.takeWord('R'))
      return { kind: 'reference', number, generation, source: this.#source(start) }
    this.at = start
    return undefined
  }

  #name(): PdfName {
    const start = this.at++
    while (this.#isRegular(this.at)) this.at++
    const written = this.#bytes.toString('latin1', start + 1, this.at)
    const value = written.replace(/#([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    )
    return { kind: 'name', value, source: this.#source(start) }
  }

  #hexString(): PdfString {
    const start = this.at
    const end = this.#bytes.indexOf(0x3e, start)
    if (end < 0) throw broken('a string does not end', start)
    const digits = this.#bytes.toString('latin1', start + 1, end).replace(/[\0\t\n\f\r ]/g, '')
    if (/[^0-9A-Fa-f]/.test(digits)) throw broken('a string is not hexadecimal', start)
    this.at = end + 1
    const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `${digits}0`, 'hex')
    return { kind: 'string', bytes, source: this.#source(start) }
  }

  #literalString(): PdfString {
    const start = this.at++
    for (let open = 1; open > 0; this.at++) {
      const byte = this.#bytes[this.at]
      if (byte === undefined) throw broken('a string does not end', start)
      if (byte === 0x5c) this.at++
      else if (byte === 0x28) open++
      else if (byte === 0x29) open--
    }
    const written = this.#bytes.toString('latin1', start + 1, this.at - 1)
    return { kind: 'string', bytes: unescape(written), source: this.#source(start) }
  }

  #array(depth: number): PdfArray {
    const start = this.at++
    const items: PdfValue[] = []
    for (;;) {
      this.skipSpace()
      if (this.#bytes[this.at] === 0x5d) break
      items.push(this.value(depth + 1))
    }
    this.at++
    return { kind: 'array', items, source: this.#source(start) }
  }

  #dictionary(depth: number): PdfDictionary {
    const start = this.at
    const entries = new Map<string, PdfValue>()
    this.at += 2
    for (;;) {
      this.skipSpace()
      if (this.#bytes[this.at] === 0x3e && this.#bytes[this.at + 1] === 0x3e) break
      if (this.#bytes[this.at] !== 0x2f) throw broken('a dictionary entry is expected', this.at)
      const { value: name } = this.#name()
      // Readers disagree about which of two counts: the signer and the verifier might see different documents.
      if (entries.has(name)) throw broken(`a dictionary has /${name} twice`, this.at)
      entries.set(name, this.value(depth + 1))
    }
    this.at += 2
    return { kind: 'dictionary', entries, source: this.#source(start) }
  }
}

function unescape(written: string): Buffer {
  const text = written.replace(/\\(\r\n|[0-7]{1,3}|[^])|\r\n?/g, (_, escaped: string | undefined) => {
    if (escaped === undefined) return '\n'
    if (/^[0-7]/.test(escaped)) return String.fromCharCode(parseInt(escaped, 8) & 0xff)
    return /^[\r\n]/.test(escaped) ? '' : (ESCAPES[escaped] ?? escaped)
  })
  return Buffer.from(text, 'latin1')
}
