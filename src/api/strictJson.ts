import { isUtf8 } from 'node:buffer'

/** Why a body is not taken. Never carries any of its text. */
export class JsonRefused extends Error {
  override readonly name = 'JsonRefused'
}

/** Nesting of objects and arrays, at most: no request of the API goes deeper than 3. */
const MAX_DEPTH = 16

/** Elements of one array, at most; hashes are the longest list there is. */
const MAX_ELEMENTS = 1000

/**
 * Members and elements of all objects and arrays, at most: 1000 documents with all that can be said of them fit twice. Each of
 * them may break the contract, and what it breaks is collected.
 */
const MAX_PARTS = 20_000

/**
 * Parses UTF-8 JSON (RFC 8259). Refuses a member that comes twice in one object, which JSON.parse would lose, deep
 * nesting, arrays of more than 1000 elements, more than 20000 members and elements, bytes that are not UTF-8, and a byte
 * order mark. Throws JsonRefused.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  try {
    if (!isUtf8(bytes)) throw new JsonRefused('not UTF-8')
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
    // First: what has too many parts would take seconds to build.
    checkStructure(text)
    const value: unknown = JSON.parse(text)
    return value
  } catch (error) {
    if (error instanceof JsonRefused) throw error
    // The engine's message quotes the text: it may hold a PIN.
    throw new JsonRefused('not JSON')
  }
}

/** An object or array that the scan is in; `names` is undefined in an array. */
interface Level {
  readonly names: Set<string> | undefined
  elements: number
  isNameNext: boolean
}

/** One pass over the tokens of a text that may be JSON, in linear time whatever it is. */
function checkStructure(text: string): void {
  const levels: Level[] = []
  let parts = 0
  for (let at = 0; at < text.length; at++) {
    const level = levels.at(-1)
    switch (text.charAt(at)) {
      case '{':
      case '[':
        levels.push(levelOf(text[at] === '{'))
        if (levels.length > MAX_DEPTH) throw new JsonRefused('nested too deep')
        parts++
        break
      case '}':
      case ']':
        if (levels.pop() === undefined) throw new JsonRefused('not JSON')
        break
      case ',':
        if (level !== undefined) nextElement(level)
        parts++
        break
      case '"': {
        const end = endOfString(text, at)
        if (level?.isNameNext === true) takeName(level, text.slice(at, end + 1))
        at = end
        break
      }
    }
    if (parts > MAX_PARTS) throw new JsonRefused('too many members and elements')
  }
}

function levelOf(isObject: boolean): Level {
  return { names: isObject ? new Set() : undefined, elements: 1, isNameNext: isObject }
}

/** Where the string that begins at `start` has its closing quote: the first before which backslashes come in pairs. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let first = quote
    while (text[first - 1] === '\\') first--
    if ((quote - first) % 2 === 0) return quote
  }
  throw new JsonRefused('not JSON')
}

function nextElement(level: Level): void {
  level.elements += 1
  if (level.names === undefined && level.elements > MAX_ELEMENTS)
    throw new JsonRefused('an array is too long')
  level.isNameNext = level.names !== undefined
}

function takeName(level: Level, lexeme: string): void {
  // Two spellings of one name are one name.
  const name = String(JSON.parse(lexeme))
  if (level.names?.has(name) === true) throw new JsonRefused('a member comes twice')
  level.names?.add(name)
  level.isNameNext = false
}
