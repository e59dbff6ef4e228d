import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

export interface Terminal {
  readonly stdin: NodeJS.ReadStream
  readonly talk: (text: string) => void
}

/** Asks for a secret and does not show what is typed. Throws Error if there is no terminal or the input ends. */
export async function askHidden({ stdin, talk }: Terminal, question: string): Promise<string> {
  if (!stdin.isTTY) throw new Error(`There is no terminal to ask for the ${question} at: give it in a file.`)
  talk(`${question}: `)
  const nowhere = new Writable({
    write(_chunk, _encoding, done) {
      done()
    },
  })
  const answer = await firstLine(createInterface({ input: stdin, output: nowhere, terminal: true }))
  talk('\n')
  if (answer === undefined) throw new Error(`No ${question} was given.`)
  return answer
}

/** The first line of standard input. Throws Error if it ends before. */
export async function readLine({ stdin }: Pick<Terminal, 'stdin'>): Promise<string> {
  const line = await firstLine(createInterface({ input: stdin }))
  if (line === undefined || line === '') throw new Error('Standard input holds no line.')
  return line
}

function firstLine(lines: ReturnType<typeof createInterface>): Promise<string | undefined> {
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(line)
      lines.close()
    })
    lines.once('SIGINT', () => {
      lines.close()
    })
    lines.once('close', () => {
      resolve(undefined)
    })
  })
}
