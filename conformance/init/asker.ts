import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Output } from '../report/terminal.ts'

export interface Question {
  readonly asks: string
  /** One line about what it is for. */
  readonly explains: string
  /** What an empty answer means; absent: an answer is needed. */
  readonly fallback?: string
  /** Throws Error with a sentence, which is shown before the question is asked again. */
  readonly check?: (answer: string) => Promise<void> | void
}

/** Asks one question after another. Answers may also come through a pipe, a line each. */
export interface Asker {
  say(text: string): void
  /** Throws Error when the answers end before it. */
  ask(question: Question): Promise<string>
  close(): void
}

export function createAsker(input: Readable, output: Output): Asker {
  const lines = createInterface({ input, terminal: false })
  const answers = lines[Symbol.asyncIterator]()
  const next = async (): Promise<string> => {
    const line = await answers.next()
    if (line.done === true) throw new Error('the answers ended before the questions did; nothing was written')
    return line.value.trim()
  }
  return {
    say: (text) => output.write(`${text}\n`),
    async ask({ asks, explains, fallback, check }) {
      output.write(`\n${explains}\n`)
      for (;;) {
        output.write(`${asks}${fallback === undefined || fallback === '' ? '' : ` [${fallback}]`}: `)
        const answer = (await next()) || fallback
        if (answer === undefined) {
          output.write('  An answer is needed.\n')
          continue
        }
        const complaint = answer === '' ? undefined : await complaintOf(answer, check)
        if (complaint === undefined) return answer
        output.write(`  ${complaint}\n`)
      }
    },
    close: () => {
      lines.close()
    },
  }
}

async function complaintOf(answer: string, check: Question['check']): Promise<string | undefined> {
  try {
    await check?.(answer)
    return undefined
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

/** One of a few words. */
export async function choose<Word extends string>(
  asker: Asker,
  question: Pick<Question, 'asks' | 'explains'>,
  words: readonly [Word, ...Word[]],
): Promise<Word> {
  const answer = await asker.ask({
    explains: question.explains,
    asks: `${question.asks} (${words.join(', ')})`,
    fallback: words[0],
    check: (given) => {
      if (!words.some((word) => word === given)) throw new Error(`One of ${words.join(', ')}.`)
    },
  })
  return words.find((word) => word === answer) ?? words[0]
}

/** Yes or no; no, unless it is answered. */
export async function agree(asker: Asker, question: Pick<Question, 'asks' | 'explains'>): Promise<boolean> {
  return (await choose(asker, question, ['no', 'yes'])) === 'yes'
}
