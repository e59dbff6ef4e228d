import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { classicPdf, samplePdf } from '../../ades/pdf/samplePdf.ts'
import { scratchFolder } from './scratchFolder.ts'

/** Makes a PDF from the sample with a tool that is not ours. */
function by(
  tool: string,
  args: (input: string, output: string) => readonly string[],
  input = samplePdf(),
): Buffer {
  const folder = scratchFolder('pdf')
  const [from, to] = [join(folder, 'in.pdf'), join(folder, 'out.pdf')]
  writeFileSync(from, input)
  execFileSync(tool, args(from, to))
  return readFileSync(to)
}

export function qpdf(options: readonly string[], input?: Buffer): Buffer {
  return by('qpdf', (from, to) => [...options, from, to], input)
}

const PAGE = (more = ''): string =>
  `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Resources << >> ${more}>>`
const PAGES = '<< /Type /Pages /Kids [3 0 R] /Count 1 >>'
const TEXT_FIELD = (name: string): string =>
  `<< /Type /Annot /Subtype /Widget /FT /Tx /T (${name}) /Rect [10 10 90 30] /F 4 /P 3 0 R >>`

/** A form field and /Annots, each either inside its owner or as an object of its own. */
export function formPdf(place: 'inline' | 'indirect'): Buffer {
  if (place === 'inline')
    return classicPdf([
      '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 0 >> >>',
      PAGES,
      PAGE('/Annots [4 0 R] '),
      TEXT_FIELD('Signature1'),
    ])
  return classicPdf([
    '<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R >>',
    PAGES,
    PAGE('/Annots 7 0 R '),
    TEXT_FIELD('Remark'),
    '<< /Fields 6 0 R /DA (/Helv 0 Tf 0 g) >>',
    '[4 0 R]',
    '[ 4 0 R % the only one\n]',
  ])
}

/** A table for old readers, a stream for a field that it hides (ISO 32000-2 §7.5.8.4), as word processors write them. */
export function hybridPdf(): Buffer {
  const hidden = '5 0 << /FT /Tx /T (Signature1) >>'
  const plain = classicPdf([
    '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] >> >>',
    PAGES,
    PAGE(),
    `<< /Type /ObjStm /N 1 /First 4 /Length ${hidden.length} >>\nstream\n${hidden}\nendstream`,
  ]).toString('latin1')
  const xrefAt = plain.lastIndexOf('xref\n0 5')
  const entry = Buffer.of(2, 0, 4, 0)
  const stream =
    `6 0 obj\n<< /Type /XRef /Size 7 /W [1 2 1] /Index [5 1] /Root 1 0 R /Length ${entry.length} >>\nstream\n` +
    `${entry.toString('latin1')}\nendstream\nendobj\n`
  const table = plain
    .slice(xrefAt)
    .replace('0 5\n', '0 6\n')
    .replace('trailer\n<< /Size 5', `0000000000 65535 f \ntrailer\n<< /XRefStm ${xrefAt} /Size 7`)
    .replace(/startxref\n[0-9]+/, `startxref\n${xrefAt + stream.length}`)
  return Buffer.from(plain.slice(0, xrefAt) + stream + table, 'latin1')
}

/** PDFs as different producers write them: classic tables, streams, linearized, forms. Unsigned and signable. */
export const PRODUCERS: Readonly<Record<string, () => Buffer>> = {
  'hand-written, classic table': () => samplePdf(),
  'qpdf --object-streams=generate': () => qpdf(['--object-streams=generate']),
  'qpdf --linearize': () => qpdf(['--linearize']),
  'qpdf --linearize --object-streams=generate': () => qpdf(['--linearize', '--object-streams=generate']),
  'qpdf --qdf': () => qpdf(['--qdf']),
  'cairo (pdftocairo)': () => by('pdftocairo', (from, to) => ['-pdf', from, to]),
  'poppler (pdfunite)': () => by('pdfunite', (from, to) => [from, from, to]),
  'poppler (pdfseparate)': () => by('pdfseparate', (from, to) => [from, to]),
  'form inline, Annots inline': () => formPdf('inline'),
  'form, Fields and Annots as objects of their own': () => formPdf('indirect'),
  'form in object streams': () => qpdf(['--object-streams=generate'], formPdf('indirect')),
  'hybrid table and stream': () => hybridPdf(),
}
