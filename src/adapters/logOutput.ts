import { pino, type DestinationStream } from 'pino'

const FLUSH_MS = 100
const BUFFER_BYTES = 4096

/**
 * Standard output for log lines, some at a time: a write for each request costs more than its line. A line waits at most
 * 100 ms; a process that ends by itself writes the rest first. What must never be lost is in the journal.
 */
export function logOutput(): DestinationStream {
  // It does not buffer itself: its flush would try for ever when nobody reads any more, its write gives up.
  const output = pino.destination({ dest: 1, sync: true })
  let lines = ''
  const flush = (): void => {
    if (lines === '') return
    const text = lines
    lines = ''
    output.write(text)
  }
  setInterval(flush, FLUSH_MS).unref()
  process.on('exit', flush)
  return {
    write(line) {
      lines += line
      if (lines.length >= BUFFER_BYTES) flush()
    },
  }
}
