/** The last signature of a PDF: its CMS and the bytes that it covers. */
export interface SignedParts {
  readonly cms: Buffer
  readonly covered: Buffer
  /** Whether it covers the whole file but its own place. */
  readonly coversAll: boolean
}

/** Takes the last signature out of a PDF by its byte range, or undefined if there is none. */
export function signedParts(pdf: Buffer): SignedParts | undefined {
  const text = pdf.toString('latin1')
  const found = [...text.matchAll(/\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g)].at(-1)
  if (found === undefined) return undefined
  const [start, length, restStart, restLength] = found.slice(1).map(Number)
  if (start === undefined || length === undefined || restStart === undefined || restLength === undefined)
    return undefined
  const end = start + length
  // Between the two parts stands the CMS in hexadecimal, between angle brackets, filled up with zeros.
  const padded = Buffer.from(text.slice(end + 1, restStart - 1), 'hex')
  return {
    cms: padded.subarray(0, derLength(padded)),
    covered: Buffer.concat([pdf.subarray(start, end), pdf.subarray(restStart, restStart + restLength)]),
    coversAll: start === 0 && restStart + restLength === pdf.length,
  }
}

/** Bytes of the DER element that begins here (X.690 §8.1.3). */
function derLength(der: Buffer): number {
  const first = der[1] ?? 0
  if (first < 0x80) return 2 + first
  const size = first & 0x7f
  return size > 6 || der.length < 2 + size ? 0 : 2 + size + der.readUIntBE(2, size)
}
