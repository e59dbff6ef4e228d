/** An answer that cannot be read for what it is. */
export class UnreadableValue extends Error {
  override readonly name = 'UnreadableValue'
}

function exactNumber(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number)) throw new UnreadableValue('a number beyond 2^53')
  return number
}

function bytes(text: string): Buffer {
  if (!text.startsWith('\\x')) throw new UnreadableValue('bytes that are not in hex')
  return Buffer.from(text.slice(2), 'hex')
}

/** By the type's id. The others are texts. */
const PARSERS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  // bool
  [16, (text) => text === 't'],
  // bytea
  [17, bytes],
  // int8, int2, int4, numeric: what sums and counts are, too
  [20, exactNumber],
  [21, exactNumber],
  [23, exactNumber],
  [1700, exactNumber],
])

/** How what PostgreSQL answers is read: as from SQLite, whose integers are numbers. */
export const typeParsers = {
  getTypeParser: (type: number): ((text: string) => unknown) => PARSERS.get(type) ?? String,
}
