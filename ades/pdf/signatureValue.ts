const OFFSET_DIGITS = 10

/** The signature dictionary (ISO 32000-2 §12.8.1) before what it says of the file is known. */
export interface SignatureValue {
  readonly body: Buffer
  /** In the body: where the numbers of `/ByteRange` go, after its 0. */
  readonly byteRangeAt: number
  /** In the body: of the hexadecimal digits. */
  readonly contentsAt: number
}

export interface SignatureValueInput {
  readonly time: Date
  /** Bytes that the CMS may take. */
  readonly contentsLength: number
  /** PDF syntax. */
  readonly references: readonly string[]
}

export function signatureValue({ time, contentsLength, references }: SignatureValueInput): SignatureValue {
  const head = '<<\n/Type /Sig\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.CAdES.detached\n'
  const byteRange = `/ByteRange [0 ${Array.from({ length: 3 }, () => ' '.repeat(OFFSET_DIGITS)).join(' ')}]\n`
  const date = `/M (${pdfDate(time)})\n`
  const reference = references.length === 0 ? '' : `/Reference [${references.join('\n')}]\n`
  const beforeByteRange = head + date + reference
  const beforeContents = `${beforeByteRange}${byteRange}/Contents <`
  return {
    body: Buffer.from(`${beforeContents}${'0'.repeat(2 * contentsLength)}>\n>>`, 'latin1'),
    byteRangeAt: beforeByteRange.length + '/ByteRange [0 '.length,
    contentsAt: beforeContents.length,
  }
}

/** As long as the place for it. */
export function byteRangeNumbers(numbers: readonly number[]): string {
  return numbers.map((number) => String(number).padEnd(OFFSET_DIGITS)).join(' ')
}

/** ISO 32000-2 §7.9.4, in UTC. */
function pdfDate(time: Date): string {
  return `D:${time
    .toISOString()
    .replace(/\.[0-9]+Z$/, '')
    .replace(/[-T:]/g, '')}+00'00'`
}
