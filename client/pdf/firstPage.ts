import { PdfRefusal } from './pdfRefusal.ts'
import type { PdfDocument } from './pdfDocument.ts'
import { entryOf, type PdfDictionary, type PdfReference, type PdfValue } from './values.ts'

const MAX_NODES = 10_000

export interface Page {
  readonly reference: PdfReference
  readonly dictionary: PdfDictionary
}

/** The first leaf of the page tree (ISO 32000-2 §7.7.3). Throws PdfRefusal. */
export function firstPage(document: PdfDocument): Page {
  const pending: PdfValue[] = []
  const root = entryOf(document.catalog.dictionary, 'Pages')
  if (root !== undefined) pending.push(root)
  const seen = new Set<number>()
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.kind !== 'reference') throw brokenTree('a page is not an object of its own')
    if (seen.has(node.number) || seen.size > MAX_NODES) throw brokenTree('the page tree has no end')
    seen.add(node.number)
    const dictionary = document.dictionary(node)
    if (dictionary === undefined) throw brokenTree('a page is missing')
    const kids = entryOf(dictionary, 'Kids')
    if (kids === undefined) return { reference: node, dictionary }
    const nodes = document.resolve(kids)
    if (nodes?.kind !== 'array') throw brokenTree('the page tree cannot be read')
    pending.push(...nodes.items.slice(0, MAX_NODES).reverse())
  }
  throw brokenTree('it has no page')
}

function brokenTree(what: string): PdfRefusal {
  return new PdfRefusal('broken-page-tree', `The PDF is damaged: ${what}.`)
}
