import type { FilePair, PreparedFile } from './preparedFile.ts'
import { WrongSignature } from '../ades/wrongSignature.ts'

/** Gets one signature for each hash, in the same order, from wherever the key is. */
export type HashSigner = (files: readonly PreparedFile[]) => Promise<readonly Buffer[]>

export interface SignFilesDeps {
  readonly prepare: (pair: FilePair) => Promise<PreparedFile>
  readonly sign: HashSigner
  /** What is going on: called often, about a file before it is prepared or after it was written. */
  readonly onProgress: (progress: Progress) => void
}

export type Progress =
  | { readonly step: 'preparing'; readonly file: FilePair; readonly done: number; readonly of: number }
  | { readonly step: 'prepared'; readonly file: PreparedFile }
  | { readonly step: 'written'; readonly file: PreparedFile; readonly done: number; readonly of: number }
  | { readonly step: 'unfit' | 'failed'; readonly file: FilePair; readonly reason: string }

export interface SignFilesInput {
  readonly files: readonly FilePair[]
  /** Signatures that one authorization may cover. */
  readonly limit: number
  /** Leaves out files that cannot be signed; else one of them is enough and nothing is signed. */
  readonly isSkippingUnfit: boolean
}

/** Nothing was authorized, nothing signed, nothing written. */
export class NothingSigned extends Error {
  override readonly name = 'NothingSigned'
}

/**
 * Signs files in one authorization: first each is prepared, and only if all can be signed the signer is asked. Returns
 * how many could not be written; the others are whole. Throws NothingSigned, and what `sign` throws.
 */
export async function signFiles(deps: SignFilesDeps, input: SignFilesInput): Promise<number> {
  // Unless some may be left out, it is known before the first is read.
  if (!input.isSkippingUnfit) requireWithin(input.limit, input.files.length)
  const prepared = await prepareAll(deps, input)
  requireWithin(input.limit, prepared.length)
  const signatures = await deps.sign(prepared)
  let failures = 0
  for (const [i, file] of prepared.entries()) {
    try {
      await writeOne(file, signatures[i])
      deps.onProgress({ step: 'written', file, done: i + 1, of: prepared.length })
    } catch (error) {
      failures++
      deps.onProgress({ step: 'failed', file, reason: reasonOf(error) })
    }
  }
  return failures
}

function requireWithin(limit: number, count: number): void {
  if (count <= limit) return
  throw new NothingSigned(
    `${count} files, but one authorization with this credential covers ${limit}: sign fewer at once.`,
  )
}

async function prepareAll(deps: SignFilesDeps, input: SignFilesInput): Promise<readonly PreparedFile[]> {
  const { files, isSkippingUnfit } = input
  const prepared: PreparedFile[] = []
  for (const [i, file] of files.entries()) {
    deps.onProgress({ step: 'preparing', file, done: i, of: files.length })
    try {
      const ready = await deps.prepare(file)
      deps.onProgress({ step: 'prepared', file: ready })
      prepared.push(ready)
    } catch (error) {
      deps.onProgress({ step: 'unfit', file, reason: reasonOf(error) })
    }
  }
  const unfit = files.length - prepared.length
  if (prepared.length === 0) throw new NothingSigned('Nothing was signed.')
  if (unfit > 0 && !isSkippingUnfit)
    throw new NothingSigned(
      `Nothing was signed: ${unfit} of ${files.length} files cannot be. --skip-unfit signs the others.`,
    )
  return prepared
}

async function writeOne(file: PreparedFile, signature: Buffer | undefined): Promise<void> {
  if (signature === undefined) throw new WrongSignature('The service returned no signature.')
  await file.write(signature)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
