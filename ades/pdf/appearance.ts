import { syntax } from './increment.ts'
import type { Rotation } from './pages.ts'
import { PdfRefusal } from './pdfRefusal.ts'
import { numberSyntax } from './rectangle.ts'
import { StandardFont, textWidth } from './standardText.ts'

export interface AppearanceInput {
  /** Of the widget as it is shown, in points. */
  readonly width: number
  readonly height: number
  /** Of the page under it. */
  readonly rotation: Rotation
  readonly signerName: string
  readonly time: Date
}

const PADDING = 4
const LEADING = 1.3
const LARGEST = 11
const SMALLEST = 3
/** Turns what is drawn against the page, so that it stands upright when shown. */
const UPRIGHT: Readonly<Record<Rotation, string>> = {
  0: '1 0 0 1 0 0',
  90: '0 1 -1 0 0 0',
  180: '-1 0 0 -1 0 0',
  270: '0 -1 1 0 0 0',
}

/**
 * What a visible signature shows: a frame, who and when (ISO 32000-2 §12.5.5). It says nothing that a reader would not
 * find in the signature itself. Throws PdfRefusal if it does not fit or cannot be written.
 */
export function appearance({ width, height, rotation, signerName, time }: AppearanceInput): Buffer {
  const lines = [
    'Signed electronically by',
    signerName,
    `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
  ]
  const size = fontSize(lines, { width: width - 2 * PADDING, height: height - 2 * PADDING })
  const font = new StandardFont()
  const shown = lines.map((line) => `${font.string(line)} Tj T*`)
  const content = [
    `q 0.6 w 0.2 0.3 0.45 RG 0.3 0.3 ${numberSyntax(width - 0.6)} ${numberSyntax(height - 0.6)} re S Q`,
    `BT /F ${numberSyntax(size)} Tf ${numberSyntax(size * LEADING)} TL 0.1 g`,
    `${PADDING} ${numberSyntax(height - PADDING - size)} Td`,
    ...shown,
    'ET',
  ].join('\n')
  return syntax(
    '<<\n/Type /XObject\n/Subtype /Form\n',
    `/BBox [0 0 ${numberSyntax(width)} ${numberSyntax(height)}]\n/Matrix [${UPRIGHT[rotation]}]\n`,
    `/Resources << /Font << /F ${font.dictionary()} >> >>\n`,
    `/Length ${content.length}\n>>\nstream\n${content}\nendstream`,
  )
}

function fontSize(
  lines: readonly string[],
  room: { readonly width: number; readonly height: number },
): number {
  const widest = Math.max(...lines.map(textWidth))
  const size = Math.min(LARGEST, room.width / widest, room.height / (lines.length * LEADING))
  if (size >= SMALLEST) return size
  throw new PdfRefusal('no-such-place', 'The place for the visible signature is too small to be read.')
}
