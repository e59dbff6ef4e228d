import { rotationOf, shownBox, type Page, type PageNumber, type Rotation } from './pages.ts'
import type { PdfDocument } from './pdfDocument.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import { overlap, rectangleOf, type Rectangle } from './rectangle.ts'
import { entryOf, isName } from './values.ts'

/** A place for a visible signature. */
export interface VisiblePlace {
  readonly kind: 'page'
  readonly page: PageNumber
  /** In points, from the lower left corner of the page as it is shown; at the foot of the page if not given. */
  readonly rectangle?: Rectangle
}

export interface PlaceOnPage {
  /** In the page's own coordinates. */
  readonly rectangle: Rectangle
  /** As it is shown. */
  readonly width: number
  readonly height: number
  readonly rotation: Rotation
}

const MARGIN = 36
const GAP = 12
const USUAL = { width: 200, height: 48 } as const
const MAX_ANNOTATIONS = 10_000
/** A page without end, or one that is full, has a place no sooner. */
const MAX_TRIES = 200

/** Throws PdfRefusal if the page does not show the place. */
export function placeOnPage(document: PdfDocument, page: Page, { rectangle }: VisiblePlace): PlaceOnPage {
  const box = shownBox(document, page)
  const rotation = rotationOf(document, page)
  const isSideways = rotation === 90 || rotation === 270
  const room = isSideways
    ? { width: box.height, height: box.width }
    : { width: box.width, height: box.height }
  const wanted = rectangle ?? freePlace(document, page, { box, room, rotation })
  const isInside =
    wanted.x >= 0 &&
    wanted.y >= 0 &&
    wanted.x + wanted.width <= room.width &&
    wanted.y + wanted.height <= room.height
  if (!isInside)
    throw new PdfRefusal(
      'no-such-place',
      `The visible signature would lie outside of the page, which shows ${room.width} by ${room.height} points.`,
    )
  const { width, height } = wanted
  return { rectangle: inPage(wanted, box, rotation), width, height, rotation }
}

/** From the page as it is shown to its own coordinates. */
function inPage({ x, y, width, height }: Rectangle, box: Rectangle, rotation: Rotation): Rectangle {
  switch (rotation) {
    case 0:
      return { x: box.x + x, y: box.y + y, width, height }
    case 90:
      return { x: box.x + box.width - y - height, y: box.y + x, width: height, height: width }
    case 180:
      return { x: box.x + box.width - x - width, y: box.y + box.height - y - height, width, height }
    case 270:
      return { x: box.x + y, y: box.y + box.height - x - width, width: height, height: width }
  }
}

interface Shape {
  readonly box: Rectangle
  /** As it is shown. */
  readonly room: { readonly width: number; readonly height: number }
  readonly rotation: Rotation
}

/** At the foot of the page, from left to right and then upwards, beside the signatures that are there. */
function freePlace(document: PdfDocument, page: Page, { box, room, rotation }: Shape): Rectangle {
  const margin = Math.min(MARGIN, room.width / 10, room.height / 10)
  const width = Math.min(USUAL.width, room.width - 2 * margin)
  const height = Math.min(USUAL.height, room.height - 2 * margin)
  const taken = signaturesOn(document, page)
  const perRow = Math.max(1, Math.floor((room.width - margin + GAP) / (width + GAP)))
  for (let i = 0; i < MAX_TRIES; i++) {
    const x = margin + (i % perRow) * (width + GAP)
    const y = margin + Math.floor(i / perRow) * (height + GAP)
    const place = { x, y, width, height }
    if (y + height > room.height) break
    if (!taken.some((other) => overlap(other, inPage(place, box, rotation)))) return place
  }
  return { x: margin, y: margin, width, height }
}

function signaturesOn(document: PdfDocument, page: Page): readonly Rectangle[] {
  const annotations = document.list(entryOf(page.dictionary, 'Annots')) ?? []
  return annotations.slice(0, MAX_ANNOTATIONS).flatMap((item) => {
    const annotation = document.dictionary(item)
    if (annotation === undefined || !isName(document.resolve(entryOf(annotation, 'FT')), 'Sig')) return []
    return rectangleOf(document, entryOf(annotation, 'Rect')) ?? []
  })
}
