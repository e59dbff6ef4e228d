import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import type { JournalRow } from '../journal/journalRow.ts'

const MAX_ENTRIES = 1000

/** Every entry of one request, oldest first. Served in every state: it is how one finds out. */
export async function journal(deps: SamDeps, request: SamRequest<'journal'>): Promise<SamAnswer<'journal'>> {
  const rows: JournalRow[] = await deps.database
    .read<JournalRow>('journal')
    .where({ request_id: request.ofRequest })
    .orderBy(['time', 'sequence'])
    .limit(MAX_ENTRIES)
  return {
    entries: rows.map(({ time, node, sequence, type, event }) => ({ time, node, sequence, type, event })),
  }
}
