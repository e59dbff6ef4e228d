import type { PdfDocument } from './pdfDocument.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import { rectangleOf, type Rectangle } from './rectangle.ts'
import { entryOf, type PdfDictionary, type PdfReference, type PdfValue } from './values.ts'

const MAX_NODES = 100_000
/** US Letter: what a page is that does not say. */
const DEFAULT_BOX: Rectangle = { x: 0, y: 0, width: 612, height: 792 }

/** From 1. */
export type PageNumber = number | 'last'

export interface Page {
  readonly reference: PdfReference
  readonly dictionary: PdfDictionary
  /** Of the tree: it inherits from it. */
  readonly parent: PageNode | undefined
}

interface PageNode {
  readonly dictionary: PdfDictionary
  readonly parent: PageNode | undefined
}

/** Clockwise, when shown. */
export type Rotation = 0 | 90 | 180 | 270

/** A leaf of the page tree (ISO 32000-2 §7.7.3). Throws PdfRefusal. */
export function findPage(document: PdfDocument, wanted: PageNumber): Page {
  let count = 0
  for (const page of pagesOf(document, wanted === 'last' ? 'backwards' : 'forwards'))
    if (wanted === 'last' || ++count === wanted) return page
  if (count === 0) throw brokenTree('it has no page')
  throw new PdfRefusal('no-such-place', `The PDF has no page ${wanted}: it has ${count}.`)
}

function* pagesOf(document: PdfDocument, direction: 'forwards' | 'backwards'): Generator<Page> {
  const root = entryOf(document.catalog.dictionary, 'Pages')
  const pending = root === undefined ? [] : [pendingNode(root, undefined)]
  const seen = new Set<number>()
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { reference, parent } = next
    if (reference.kind !== 'reference') throw brokenTree('a page is not an object of its own')
    if (seen.has(reference.number) || seen.size >= MAX_NODES) throw brokenTree('the page tree has no end')
    seen.add(reference.number)
    const dictionary = document.dictionary(reference)
    if (dictionary === undefined) throw brokenTree('a page is missing')
    const kids = entryOf(dictionary, 'Kids')
    if (kids === undefined) {
      yield { reference, dictionary, parent }
      continue
    }
    const nodes = document.list(kids)
    if (nodes === undefined) throw brokenTree('the page tree cannot be read')
    const below = nodes.map((kid) => pendingNode(kid, { dictionary, parent }))
    if (direction === 'forwards') below.reverse()
    for (const kid of below) pending.push(kid)
  }
}

function pendingNode(
  reference: PdfValue,
  parent: PageNode | undefined,
): { readonly reference: PdfValue; readonly parent: PageNode | undefined } {
  return { reference, parent }
}

/** What a reader shows of the page, in the page's own coordinates. */
export function shownBox(document: PdfDocument, page: Page): Rectangle {
  const media = rectangleOf(document, inherited(page, 'MediaBox')) ?? DEFAULT_BOX
  return rectangleOf(document, inherited(page, 'CropBox')) ?? media
}

export function rotationOf(document: PdfDocument, page: Page): Rotation {
  const value = document.resolve(inherited(page, 'Rotate'))
  const degrees = value?.kind === 'number' ? ((value.value % 360) + 360) % 360 : 0
  return degrees === 90 || degrees === 180 || degrees === 270 ? degrees : 0
}

function inherited(page: Page, name: string): PdfValue | undefined {
  for (let node: PageNode | undefined = page; node !== undefined; node = node.parent) {
    const value = entryOf(node.dictionary, name)
    if (value !== undefined) return value
  }
  return undefined
}

function brokenTree(what: string): PdfRefusal {
  return new PdfRefusal('broken-page-tree', `The PDF is damaged: ${what}.`)
}
