/** One page that is pleasant to read, in a PDF that is pleasant to read too: the sample of the demo and the tests. */
export interface SampleInput {
  readonly title?: string
  /** Written as "Place and date". */
  readonly date?: Date
}

const PAGE = { width: 595, height: 842, left: 72, right: 523 } as const
const FONTS = { regular: 'Helvetica', bold: 'Helvetica-Bold', italic: 'Helvetica-Oblique' } as const
type FontName = keyof typeof FONTS

interface Line {
  readonly text: string
  readonly font: FontName
  readonly size: number
  /** Space before it, in points. */
  readonly before: number
}

const text = (words: string, before = 15): Line => ({ text: words, font: 'regular', size: 10.5, before })
const heading = (words: string): Line => ({ text: words, font: 'bold', size: 11.5, before: 28 })
const note = (words: string, before = 13): Line => ({ text: words, font: 'italic', size: 9, before })

function contract({ title = 'Loan of a telescope', date = new Date() }: SampleInput): readonly Line[] {
  return [
    { text: title, font: 'bold', size: 22, before: 0 },
    note('A sample agreement, to be signed with a key that never leaves its module', 20),
    heading('The parties'),
    text('The Observatory of the Old Harbour, Quay 4 ("the lender"), and', 19),
    text('Ada Example, Meridian Street 12 ("the borrower").'),
    heading('1  What is lent'),
    text('The lender lends the borrower one refracting telescope, aperture 90 mm, focal length', 19),
    text('910 mm, with its wooden tripod and three eyepieces, in good order and clean.'),
    heading('2  For how long'),
    text('From the first clear night after both have signed, for ninety days. The lender may ask', 19),
    text('for the telescope a week earlier if a comet is announced.'),
    heading('3  Care'),
    text('The borrower keeps the telescope dry, never points it at the sun without the filter, and', 19),
    text('shows the rings of Saturn to at least one child.'),
    heading('4  Price'),
    text('None. A drawing of what was seen is welcome.', 19),
    heading('5  Signature'),
    text('This agreement is signed electronically. The signature is in the file, not on the page:', 19),
    text('open the signature panel of your reader to see who signed and that nothing was changed.'),
    note(`Old Harbour, ${date.toISOString().slice(0, 10)}`, 40),
  ]
}

/** An A4 page with a classic cross-reference table, uncompressed. */
export function samplePdf(input: SampleInput = {}): Buffer {
  const content = pageContent(contract(input))
  const fonts = Object.keys(FONTS).map((name, i) => `/${name} ${5 + i} 0 R`)
  return classicPdf([
    '<< /Type /Catalog /Pages 2 0 R /Lang (en) /ViewerPreferences << /DisplayDocTitle true >> >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${PAGE.width} ${PAGE.height}]` +
      ` /Contents 4 0 R /Resources << /Font << ${fonts.join(' ')} >> >> >>`,
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    ...Object.values(FONTS).map(
      (name) => `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`,
    ),
  ])
}

function pageContent(lines: readonly Line[]): string {
  const { left, right, height } = PAGE
  let y = height - 110
  const shown = lines.map(({ text: words, font, size, before }) => {
    y -= before
    return `/${font} ${size} Tf 1 0 0 1 ${left} ${y} Tm (${words.replace(/[\\()]/g, '\\$&')}) Tj`
  })
  const rule = `0.6 w 0.2 0.3 0.45 RG ${left} ${height - 137} m ${right} ${height - 137} l S`
  return `${rule}\nBT\n${shown.join('\n')}\nET`
}

/** A PDF 1.7 file of these objects, numbered from 1, the first being the catalogue. Text is one byte a character. */
export function classicPdf(objects: readonly string[], trailerEntries = ''): Buffer {
  let file = '%PDF-1.7\n%\xe2\xe3\xcf\xd3\n'
  const offsets = objects.map((object, i) => {
    const offset = file.length
    file += `${i + 1} 0 obj\n${object}\nendobj\n`
    return offset
  })
  const startXref = file.length
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`
  for (const offset of offsets) file += `${String(offset).padStart(10, '0')} 00000 n \n`
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${trailerEntries}>>\n`
  return Buffer.from(`${file}startxref\n${startXref}\n%%EOF\n`, 'latin1')
}
