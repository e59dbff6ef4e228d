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
 * Parses UTF-8 JSON (RFC 8259). Refuses a member that comes twice in one object, which JSON.parse would lose, deep
 * nesting, arrays of more than 1000 elements, bytes that are not UTF-8, and a byte order mark. Throws JsonRefused.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  try {
    if (!isUtf8(bytes)) throw new JsonRefused('not UTF-8')
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
    const value: unknown = JSON.parse(text)
    checkStructure(text)
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

/** One pass over the tokens of a text that is JSON: every string in it ends, so the pattern takes linear time. */
function checkStructure(text: string): void {
  const levels: Level[] = []
  for (const token of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/gs)) {
    const [lexeme] = token
    const level = levels.at(-1)
    if (lexeme === '{' || lexeme === '[') {
      levels.push({ names: lexeme === '{' ? new Set() : undefined, elements: 1, isNameNext: lexeme === '{' })
      if (levels.length > MAX_DEPTH) throw new JsonRefused('nested too deep')
    } else if (lexeme === '}' || lexeme === ']') {
      levels.pop()
    } else if (lexeme === ',') {
      if (level !== undefined) nextElement(level)
    } else if (level?.names !== undefined && level.isNameNext) {
      takeName(level.names, lexeme)
      level.isNameNext = false
    }
  }
}

function nextElement(level: Level): void {
  level.elements += 1
  if (level.names === undefined && level.elements > MAX_ELEMENTS)
    throw new JsonRefused('an array is too long')
  level.isNameNext = level.names !== undefined
}

function takeName(names: Set<string>, lexeme: string): void {
  // Two spellings of one name are one name.
  const name = String(JSON.parse(lexeme))
  if (names.has(name)) throw new JsonRefused('a member comes twice')
  names.add(name)
}
