import { PassThrough } from 'node:stream'
import type { CommandIo } from '../../client/commands/commandModule.ts'
import { run } from '../../client/main.ts'

export interface CommandOutcome {
  readonly code: number
  readonly out: string
  readonly talk: string
}

/** Runs `chancery` in this process, as from a pipe that holds `stdin`. `onTalk` sees each thing said when it is said. */
export async function runCommand(
  words: readonly string[],
  { stdin = '', onTalk }: { readonly stdin?: string; readonly onTalk?: (text: string) => void } = {},
): Promise<CommandOutcome> {
  let out = ''
  let talk = ''
  const input = Object.assign(new PassThrough(), { isTTY: false })
  input.end(stdin)
  const io: CommandIo = {
    out: (text) => (out += text),
    talk: (text) => {
      talk += text
      onTalk?.(text)
    },
    // A pipe as far as the command looks at it; only a process can have the whole of ReadStream.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
    stdin: input as unknown as NodeJS.ReadStream,
  }
  const code = await run(words, io)
  return { code, out, talk }
}
