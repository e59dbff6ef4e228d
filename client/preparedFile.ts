import { createHash, type X509Certificate } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { SignatureScheme } from '../sap/algorithms.ts'
import { prepareDetached } from '../ades/detachedSignature.ts'
import { MAX_PDF_BYTES } from '../ades/pdf/pdfDocument.ts'
import { PdfRefusal } from '../ades/pdf/pdfRefusal.ts'
import type { SignaturePlace } from '../ades/pdf/signatureField.ts'
import { preparePdf } from '../ades/signPdf.ts'
import { writeWhole } from './wholeFile.ts'

export interface FilePair {
  readonly inputFile: string
  readonly outputFile: string
}

export interface SigningInput {
  readonly chain: readonly [X509Certificate, ...X509Certificate[]]
  readonly scheme: SignatureScheme
  readonly time: Date
  /** Of a PDF signature; invisible if not given. */
  readonly place?: SignaturePlace | undefined
  /** Whether a file at the place of the output is replaced. */
  readonly isReplacing: boolean
}

/** A file that is ready to be signed. It holds nothing of the content: many can wait for one authorization. */
export interface PreparedFile extends FilePair {
  /** What the key must sign. */
  readonly hash: Buffer
  /** What the signature is in the file, for people. */
  readonly what: string
  /** Names of form fields that wait for a signature and do not get one. */
  readonly waitingFields: readonly string[]
  /** Writes the output, whole. Throws WrongSignature, FileExists, FileChanged, Error. */
  write(signature: Buffer): Promise<void>
}

/** The input is another than the one whose digest was authorized. */
export class FileChanged extends Error {
  override readonly name = 'FileChanged'
}

/** PAdES: the output is the input with the signature appended. Throws PdfRefusal, Error. */
export async function preparePdfFile(pair: FilePair, input: SigningInput): Promise<PreparedFile> {
  const { inputFile, outputFile } = pair
  const { scheme, isReplacing } = input
  const prepared = preparePdf({ ...input, pdf: await readPdf(inputFile) })
  return {
    ...pair,
    hash: prepared.hash,
    what: prepared.fieldName,
    waitingFields: prepared.waitingFields,
    async write(signature) {
      const appended = prepared.complete(signature)
      await writeWhole({ path: outputFile, content: signedContent(), isReplacing })

      async function* signedContent(): AsyncGenerator<Buffer> {
        const digest = createHash(scheme.digest)
        for await (const part of contentOf(inputFile)) {
          digest.update(part)
          yield part
        }
        if (!digest.digest().equals(prepared.originalDigest))
          throw new FileChanged(`${inputFile} was changed while it was being signed.`)
        yield appended
      }
    },
  }
}

/** CAdES: the output is the signature alone; the content may be of any kind and size. Throws Error. */
export async function prepareDetachedFile(pair: FilePair, input: SigningInput): Promise<PreparedFile> {
  const { inputFile, outputFile } = pair
  const { isReplacing } = input
  await sizeOf(inputFile)
  const digest = createHash(input.scheme.digest)
  for await (const part of contentOf(inputFile)) digest.update(part)
  const prepared = prepareDetached({ ...input, messageDigest: digest.digest() })
  return {
    ...pair,
    hash: prepared.hash,
    what: 'detached',
    waitingFields: [],
    write: (signature) =>
      writeWhole({ path: outputFile, content: [prepared.complete(signature)], isReplacing }),
  }
}

async function readPdf(path: string): Promise<Buffer> {
  const size = await sizeOf(path)
  if (size > MAX_PDF_BYTES) throw new PdfRefusal('too-large', 'The PDF is larger than 1 GiB.')
  const file = await open(path)
  try {
    // One allocation of the right size, unlike reading until the end, which grows and copies.
    const bytes = Buffer.allocUnsafe(size)
    let at = 0
    for (let read = -1; at < size && read !== 0; at += read)
      read = (await file.read(bytes, at, Math.min(size - at, READ_BYTES))).bytesRead
    return bytes.subarray(0, at)
  } finally {
    await file.close()
  }
}

const READ_BYTES = 16 * 1024 * 1024

/** Throws Error for what is no file: a pipe can be read once only, and waits for its other end. */
async function sizeOf(path: string): Promise<number> {
  const status = await stat(path)
  if (!status.isFile()) throw new Error('It is not a file.')
  return status.size
}

async function* contentOf(path: string): AsyncGenerator<Buffer> {
  for await (const part of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    if (part instanceof Buffer) yield part
}
