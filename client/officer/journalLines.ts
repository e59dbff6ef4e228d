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
  return [...records]
    .sort((a, b) => (a.node === b.node ? a.sequence - b.sequence : a.time - b.time))
    .sort((a, b) => (a.node === b.node ? 0 : a.time - b.time))
    .map(
      ({ time, node, type, event }) =>
        `${new Date(time).toISOString()}  ${node.padEnd(6)}  ${type.padEnd(16)}  ${fieldsOf(event)}`,
    )
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
