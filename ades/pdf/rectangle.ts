import type { PdfDocument } from './pdfDocument.ts'
import type { PdfValue } from './values.ts'

/** In points, from the lower left corner. */
export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** ISO 32000-2 §7.9.5: any two opposite corners. Undefined if it is none. Throws PdfRefusal. */
export function rectangleOf(document: PdfDocument, value: PdfValue | undefined): Rectangle | undefined {
  const corners = document.list(value)
  if (corners?.length !== 4) return undefined
  const [x1, y1, x2, y2] = corners.map((corner) => coordinateOf(document.resolve(corner)))
  if (x1 === undefined || y1 === undefined || x2 === undefined || y2 === undefined) return undefined
  return { x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1) }
}

/** Far beyond what any page has, near enough to be reckoned with. */
const FARTHEST = 1_000_000

function coordinateOf(value: PdfValue | undefined): number | undefined {
  return value?.kind === 'number' && Math.abs(value.value) <= FARTHEST ? value.value : undefined
}

export function rectangleSyntax({ x, y, width, height }: Rectangle): string {
  return `[${[x, y, x + width, y + height].map(numberSyntax).join(' ')}]`
}

/** PDF knows no exponents. */
export function numberSyntax(value: number): string {
  return String(Number(value.toFixed(3)))
}

export function overlap(one: Rectangle, other: Rectangle): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  )
}
