import { constants } from 'node:fs'
import { access, mkdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { FilePair } from '../preparedFile.ts'
import { CommandFailure, EXIT } from './commandModule.ts'

export interface OutputOptions {
  readonly outDir?: string | undefined
  readonly force?: boolean | undefined
  readonly detached?: boolean | undefined
}

/**
 * Which file goes where: `in.pdf out.pdf`, or many into `--out-dir`, or with `--detached` each signature beside its
 * file. Throws CommandFailure if that is not clear.
 */
export function outputsOf(files: readonly string[], options: OutputOptions): readonly FilePair[] {
  const pairs = pairsOf(files, options)
  const taken = new Map<string, string>()
  for (const { inputFile, outputFile } of pairs) {
    const other = taken.get(resolve(outputFile))
    if (other !== undefined) throw usage(`${other} and ${inputFile} would both become ${outputFile}.`)
    taken.set(resolve(outputFile), inputFile)
  }
  return pairs
}

function pairsOf(files: readonly string[], { outDir, detached }: OutputOptions): readonly FilePair[] {
  if (detached === true)
    return files.map((inputFile) => {
      const name = `${basename(inputFile)}.p7s`
      return { inputFile, outputFile: join(outDir ?? dirname(inputFile), name) }
    })
  if (outDir !== undefined)
    return files.map((inputFile) => ({ inputFile, outputFile: join(outDir, basename(inputFile)) }))
  const [inputFile, outputFile, ...more] = files
  if (inputFile === undefined || outputFile === undefined || more.length > 0)
    throw usage('Give in.pdf and out.pdf, or any number of files and --out-dir.')
  return [{ inputFile, outputFile }]
}

/** Before anything is asked of the signer: the outputs can be written, and replace nothing unless told. */
export async function requireWritable(pairs: readonly FilePair[], options: OutputOptions): Promise<void> {
  if (options.outDir !== undefined) await mkdir(options.outDir, { recursive: true })
  for (const pair of pairs) await requireWritablePair(pair, options)
}

async function requireWritablePair(
  { inputFile, outputFile }: FilePair,
  options: OutputOptions,
): Promise<void> {
  const folder = dirname(outputFile)
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    throw new CommandFailure(EXIT.failed, `${folder} cannot be written to.`, { cause })
  })
  const there = await stat(outputFile).catch(() => undefined)
  if (there === undefined) return
  const input = await stat(inputFile).catch(() => undefined)
  if (there.ino === input?.ino && there.dev === input.dev)
    throw usage(`${outputFile} is the document itself: it stays as it is.`)
  if (!there.isFile()) throw usage(`${outputFile} is there and is no file.`)
  if (options.force !== true) throw usage(`${outputFile} exists already: --force replaces it.`)
}

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message)
}
