import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import type { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchFolder } from './scratchFolder.ts'

export interface SignatureFound {
  readonly cms: Buffer
  /** What the byte range covers. */
  readonly covered: Buffer
  readonly coversWholeFile: boolean
}

/** The signatures of a file in the order of their revisions, found by their text alone and not by our reader. */
export function signaturesIn(pdf: Buffer): readonly SignatureFound[] {
  const found: SignatureFound[] = []
  for (const match of pdf.toString('latin1').matchAll(/\/ByteRange \[0 ([0-9]+) +([0-9]+) +([0-9]+) *\]/g)) {
    const [before = 0, after = 0, length = 0] = match.slice(1).map(Number)
    const contents = pdf.toString('latin1', before, after)
    assert.match(contents, /^<[0-9a-fA-F]+>$/)
    const padded = Buffer.from(contents.slice(1, -1), 'hex')
    found.push({
      cms: padded.subarray(0, 4 + padded.readUInt16BE(2)),
      covered: Buffer.concat([pdf.subarray(0, before), pdf.subarray(after, after + length)]),
      coversWholeFile: after + length === pdf.length,
    })
  }
  return found
}

/** Asks poppler for each signature and qpdf for the file's structure; neither shares code with us. */
export function checkWithTools(pdf: Buffer, signatures: number): void {
  const file = join(scratchFolder('check'), 'signed.pdf')
  writeFileSync(file, pdf)
  const report = spawnSync('pdfsig', [file], { encoding: 'utf8' }).stdout
  assert.equal(report.match(/Signature Validation: Signature is Valid\./g)?.length, signatures, report)
  assert.equal(report.match(/Signature Type: ETSI\.CAdES\.detached/g)?.length, signatures, report)
  const check = spawnSync('qpdf', ['--check', file], { encoding: 'utf8' })
  assert.equal(check.status, 0, check.stdout + check.stderr)
  assert.equal(check.stderr, '')
}

/** Asks OpenSSL: the signature over what the byte range covers, the chain up to the given CA. Throws if it is wrong. */
export function checkWithOpenssl({ cms, covered }: SignatureFound, ca: X509Certificate): void {
  const folder = scratchFolder('check')
  const file = (name: string, content: Buffer | string): string => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const args = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', file('cms.der', cms)]
  args.push('-content', file('content', covered), '-CAfile', file('ca.pem', ca.toString()))
  execFileSync('openssl', [...args, '-cades', '-purpose', 'any', '-out', join(folder, 'out')], {
    stdio: 'pipe',
  })
  assert.ok(readFileSync(join(folder, 'out')).equals(covered))
}
