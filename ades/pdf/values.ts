/**
 * PDF objects (ISO 32000-2 §7.3), as far as signing needs them. Each keeps its own bytes of the file, so that what is
 * not changed is written again exactly as it was.
 */
interface Sourced {
  readonly source: Buffer
}

export type PdfNumber = Sourced & { readonly kind: 'number'; readonly value: number }
/** The name without its slash, `#xx` resolved, one character per byte. */
export type PdfName = Sourced & { readonly kind: 'name'; readonly value: string }
export type PdfString = Sourced & { readonly kind: 'string'; readonly bytes: Buffer }
export type PdfArray = Sourced & { readonly kind: 'array'; readonly items: readonly PdfValue[] }
export type PdfDictionary = Sourced & {
  readonly kind: 'dictionary'
  readonly entries: ReadonlyMap<string, PdfValue>
}
export type PdfReference = Sourced & {
  readonly kind: 'reference'
  readonly number: number
  readonly generation: number
}
export type PdfKeyword = Sourced & { readonly kind: 'keyword'; readonly value: 'null' | 'true' | 'false' }

export type PdfValue = PdfNumber | PdfName | PdfString | PdfArray | PdfDictionary | PdfReference | PdfKeyword

/** An entry, or undefined if it is absent or null: both mean the same (§7.3.7). */
export function entryOf(dictionary: PdfDictionary, name: string): PdfValue | undefined {
  const value = dictionary.entries.get(name)
  return value?.kind === 'keyword' && value.value === 'null' ? undefined : value
}

export function isName(value: PdfValue | undefined, name: string): boolean {
  return value?.kind === 'name' && value.value === name
}

/** A non-negative integer, or undefined. */
export function countOf(value: PdfValue | undefined): number | undefined {
  if (value?.kind !== 'number' || !Number.isSafeInteger(value.value) || value.value < 0) return undefined
  return value.value
}

/** A text string (§7.9.2.2): UTF-16BE or UTF-8 by its mark, else one character per byte. */
export function textOf(value: PdfString): string {
  const { bytes } = value
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes.subarray(2))
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return bytes.toString('utf8', 3)
  return bytes.toString('latin1')
}
