import { open, rm } from 'node:fs/promises'
import { renderUnicodeCompact } from 'uqr'
import { CommandFailure, EXIT, type CommandIo } from '../commands/commandModule.ts'

export interface ShowOptions {
  /** Where it goes in place of the terminal. */
  readonly out?: string
  /** Standard output, whatever that is. */
  readonly show?: boolean
}

/**
 * Makes a secret that can be had only once, and hands it to whoever may see it: a terminal, a new file of mode 0600, or
 * standard output where that was asked for. Where none of them is there, nothing is made. Throws CommandFailure.
 */
export async function showOnce(
  io: CommandIo,
  options: ShowOptions,
  make: () => Promise<string>,
): Promise<void> {
  if (options.out !== undefined) return writeOnce(io, options.out, make)
  if (io.isTerminal !== true && options.show !== true)
    throw new CommandFailure(
      EXIT.usage,
      'The secret would go where it may be kept: standard output is no terminal. Use --out <file>, or --show to have it there. Nothing was enrolled.',
    )
  const otpauthUri = await make()
  // The code holds the secret as well: nothing of it goes to standard error, which is kept more often.
  if (io.isTerminal === true) io.out(`${renderUnicodeCompact(otpauthUri)}\n`)
  io.out(`${otpauthUri}\n`)
}

/** The file first: a secret that cannot be kept must not be made. */
async function writeOnce(io: CommandIo, path: string, make: () => Promise<string>): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    const sentence = `${path} cannot be made, or is there already. Nothing was enrolled.`
    throw new CommandFailure(EXIT.failed, sentence, { cause })
  })
  try {
    await file.writeFile(`${await make()}\n`)
    await file.sync()
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
  io.talk(`The secret is in ${path}.\n`)
}
