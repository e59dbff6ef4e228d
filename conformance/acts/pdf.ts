import { randomUUID } from 'node:crypto'
import { holds } from '../expect.ts'

/** A PDF of one page with a text of its own, as plain as can be. */
export function newPdf(): Buffer {
  const text = `BT /F1 12 Tf 72 720 Td (Conformance ${randomUUID()}) Tj ET`
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  let body = '%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n'
  const offsets = objects.map((object, index) => {
    const offset = body.length
    body += `${index + 1} 0 obj\n${object}\nendobj\n`
    return offset
  })
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`)
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows.join('')}`
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`
  return Buffer.from(body + table + trailer, 'latin1')
}

export interface PdfSignature {
  /** The bytes that the signature is over. */
  readonly content: Buffer
  /** The CMS, with the zeros after it. */
  readonly cms: Buffer
}

/** The last signature of a PDF. Throws Refuted unless it covers the whole file but itself. */
export function signatureIn(pdf: Buffer): PdfSignature {
  const text = pdf.toString('latin1')
  const found = [...text.matchAll(/\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g)].at(-1)
  holds(found !== undefined, 'the PDF that came back has no signature with a ByteRange')
  const [first = -1, firstLength = 0, second = 0, secondLength = 0] = found.slice(1).map(Number)
  const end = second + secondLength
  holds(first === 0 && end === pdf.length, 'the ByteRange does not reach from the first byte to the last')
  const hex = text.slice(firstLength, second)
  holds(/^<[0-9A-Fa-f\s]*>$/.test(hex), 'the ByteRange leaves out something else than the signature')
  const content = Buffer.concat([pdf.subarray(0, firstLength), pdf.subarray(second, end)])
  return { content, cms: Buffer.from(hex.slice(1, -1).replace(/\s/g, ''), 'hex') }
}
