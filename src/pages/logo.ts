import { crc32, deflateSync } from 'node:zlib'

/** Pixels each way: CSC API v1.0.4.0 §11.1 allows 256. */
const SIZE = 128

const WAX = [0x8c, 0x1d, 0x2f] as const
const LINE = [0xf4, 0xe3, 0xc1] as const

type Point = readonly [x: number, y: number]

/** A seal with a C and a tick: how far a point is outside each of its shapes, in pixels. */
const disc = (x: number, y: number): number => Math.hypot(x - 64, y - 64) - 60
const LINES: readonly ((x: number, y: number) => number)[] = [
  (x, y) => Math.abs(Math.hypot(x - 64, y - 64) - 50) - 1.5,
  openRing,
  (x, y) => segment([x, y], [56, 64], [66, 74]) - 3,
  (x, y) => segment([x, y], [66, 74], [88, 52]) - 3,
]

/** The C: a ring of radius 30, open to the right. */
function openRing(x: number, y: number): number {
  const [fromX, fromY] = [x - 64, y - 64]
  if (Math.abs(Math.atan2(fromY, fromX)) > 0.9) return Math.abs(Math.hypot(fromX, fromY) - 30) - 5
  const [endX, endY] = [30 * Math.cos(0.9), 30 * Math.sin(0.9)]
  return Math.hypot(fromX - endX, Math.abs(fromY) - endY) - 5
}

function segment([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
  const at = Math.max(0, Math.min(1, along))
  return Math.hypot(x - ax - at * (bx - ax), y - ay - at * (by - ay))
}

/** 1 inside, 0 outside, between the two over one pixel. */
function cover(distance: number): number {
  return Math.max(0, Math.min(1, 0.5 - distance))
}

/** The service's own logo, drawn at start: PNG, as the standard wants it. */
export function logoPng(): Buffer {
  const rows: Buffer[] = []
  for (let y = 0; y < SIZE; y += 1) {
    const row = Buffer.alloc(1 + 4 * SIZE)
    for (let x = 0; x < SIZE; x += 1)
      pixel(x + 0.5, y + 0.5).forEach((value, n) => (row[1 + 4 * x + n] = value))
    rows.push(row)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(SIZE, 0)
  header.writeUInt32BE(SIZE, 4)
  // Eight bits, red, green, blue, alpha.
  header.set([8, 6, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function pixel(x: number, y: number): readonly number[] {
  const isLine = Math.max(...LINES.map((distance) => cover(distance(x, y))))
  const colours = WAX.map((wax, n) => Math.round(wax + isLine * ((LINE[n] ?? 0) - wax)))
  return [...colours, Math.round(255 * cover(disc(x, y)))]
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}

/** The same for browsers. */
export const LOGO_SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128" fill="none" stroke="#f4e3c1" stroke-linecap="round">
<circle cx="64" cy="64" r="60" fill="#8c1d2f" stroke="none"/><circle cx="64" cy="64" r="50" stroke-width="3"/>
<path d="M82.6 40.5A30 30 0 1 0 82.6 87.5" stroke-width="10"/><path d="M56 64l10 10 22-22" stroke-width="6"/></svg>
`
