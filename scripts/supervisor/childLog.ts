import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { z } from 'zod'

const MAX_LINE = 64 * 1024
/** Levels of pino. */
const INFORMATION = 30
const WARNING = 40
const LEVELS: Readonly<Record<number, string>> = { 40: 'warning', 50: 'error', 60: 'fatal' }

export interface ChildLog {
  /** Takes lines from a child's output until it ends. */
  follow(output: Readable): void
  close(): void
}

/**
 * Keeps a child's lines in a file of the supervisor's, never in a folder of the child's: a link planted there would
 * make root write elsewhere. A short form of each line goes to `say`.
 */
export function openChildLog(
  file: string,
  { say, isQuiet }: { readonly say: (line: string) => void; readonly isQuiet: boolean },
): ChildLog {
  const log = createWriteStream(file, { flags: 'a', mode: 0o600 })
  log.on('error', (error) => {
    say(`its log cannot be written: ${error.message}`)
  })
  const keep = (line: string): void => {
    log.write(`${line}\n`)
    const short = humanLine(line, isQuiet ? WARNING : INFORMATION)
    if (short !== undefined) say(short)
  }
  return {
    follow(output) {
      const decoder = new StringDecoder('utf8')
      let rest = ''
      output.on('data', (chunk: Buffer) => {
        const lines = (rest + decoder.write(chunk)).split('\n')
        rest = (lines.pop() ?? '').slice(0, MAX_LINE)
        lines.forEach(keep)
      })
      output.on('end', () => {
        if (rest !== '') keep(rest)
      })
    },
    close() {
      log.end()
    },
  }
}

/**
 * The message of a JSON log line with what tells most about it, and its level from warning on; other text as it is;
 * undefined for empty lines and those below the least level.
 */
export function humanLine(line: string, leastLevel = INFORMATION): string | undefined {
  const entry = parsed(line)
  // A child must not steer the terminal of whoever watches.
  // eslint-disable-next-line no-control-regex -- the point of the replacement
  const text = (entry?.text ?? line).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').slice(0, 300)
  const level = entry === undefined ? undefined : LEVELS[entry.level]
  if (text.trim() === '' || (entry !== undefined && entry.level < leastLevel)) return undefined
  return level === undefined ? text : `${level}: ${text}`
}

const telling = z.object({
  level: z.number().default(30),
  event: z.string().optional(),
  msg: z.string().optional(),
  operation: z.string().optional(),
  status: z.number().optional(),
  code: z.string().optional(),
  reason: z.string().optional(),
  requestId: z.string().optional(),
})

function parsed(line: string): { level: number; text: string } | undefined {
  if (!line.startsWith('{')) return undefined
  const { success, data } = telling.safeParse(jsonOf(line))
  if (!success) return undefined
  const { level, event, msg, operation, status, code, reason, requestId } = data
  const details = [operation, status, code, reason, requestId && `(${requestId})`]
  const words = [msg ?? event, ...details].filter((word) => word !== undefined && word !== '')
  return { level, text: words.join(' ') }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
