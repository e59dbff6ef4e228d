import { z } from 'zod'

const entry = z.object({
  /** Milliseconds since 1970. */
  time: z.number(),
  node: z.string(),
  sequence: z.number(),
  type: z.string(),
  /** Canonical JSON of the event. */
  event: z.string(),
})

/** One record of a journal, of the SSA's or of the SAM's. */
export type JournalRecord = z.infer<typeof entry>

/** The answer of the SSA's management listener to `/journal/<request id>`. */
export const journalAnswer = z.object({ entries: z.array(entry) })

/** Members that tell who and where, and stand in the line already. */
const KNOWN = ['type', 'requestId', 'time', 'node', 'sequence', 'version']

/** Both journals of one request as text, in the order of time; within one node in the order of its chain. */
export function journalLines(records: readonly JournalRecord[]): readonly string[] {
  return merged(records).map(({ time, node, type, event }) =>
    // What a client named may stand in an event: it must not steer the terminal.
    `${new Date(time).toISOString()}  ${node.padEnd(6)}  ${type.padEnd(16)}  ${fieldsOf(event)}`.replace(
      // eslint-disable-next-line no-control-regex -- the point of the replacement
      /[\u0000-\u001f\u007f-\u009f]/g,
      ' ',
    ),
  )
}

/** Takes the earliest of the chains' next records, one after the other: a clock set back breaks no chain's order. */
function merged(records: readonly JournalRecord[]): readonly JournalRecord[] {
  const chains = [...new Set(records.map((record) => record.node))].map((node) =>
    records.filter((record) => record.node === node).sort((a, b) => a.sequence - b.sequence),
  )
  const all: JournalRecord[] = []
  for (;;) {
    const next = chains
      .filter((chain) => chain.length > 0)
      .sort((a, b) => timeOf(a) - timeOf(b))[0]
      ?.shift()
    if (next === undefined) return all
    all.push(next)
  }
}

function timeOf(chain: readonly JournalRecord[]): number {
  return chain[0]?.time ?? 0
}

function fieldsOf(event: string): string {
  const content: unknown = JSON.parse(event)
  if (typeof content !== 'object' || content === null) return ''
  const nested = 'fields' in content && typeof content.fields === 'object' ? content.fields : {}
  return Object.entries({ ...content, ...nested })
    .filter(([name]) => !KNOWN.includes(name) && name !== 'fields')
    .map(
      ([name, value]: [string, unknown]) =>
        `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join(' ')
}
