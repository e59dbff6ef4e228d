import { SapFailure } from '../../sap/errors.ts'
import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { settleEarlier } from '../activation/settleEarlier.ts'
import { withoutWaiting } from '../factors/life.ts'
import { readCheckpoint } from '../journal/checkpoint.ts'
import { nextChain, writeLockMark } from '../journal/tokenMarks.ts'
import { voidActivations } from '../state/activations.ts'
import { RECORD_KINDS, type RecordKind } from '../state/recordKinds.ts'
import type { PreparedRecord, Stored } from '../state/records.ts'

const PAGE = 200

/**
 * The officer's way out of LOCKED. Voids every open SAD; holds every factor until `ra` unlocks it, and drops changes
 * that wait; suspends every active key, since an older database could hide a suspension; takes out of use every record
 * whose MAC is wrong; settles what earlier processes left open; and begins a new chain that names the old one's end.
 */
export async function acceptState(
  deps: SamDeps,
  request: SamRequest<'acceptState'>,
): Promise<SamAnswer<'acceptState'>> {
  const lockedBecause = deps.state.lockedBecause()
  if (lockedBecause === undefined) throw new SapFailure('state_forbids', 'the SAM is not locked')
  const { node } = deps.config
  deps.records.forget()
  const findings = await inspect(deps)
  const fields = { reason: request.reason, lockedBecause, ...(await endOfChain(deps)) }
  const chain = await nextChain(deps.hsm, node)
  await write(deps, chain, request.requestId, { fields, findings })
  await settleEarlier(deps)
  await deps.checkpointer.make()
  await writeLockMark(deps.hsm, node, '')
  deps.state.unlock()
  return {}
}

/** Where the database's chain ends, as far as it could be followed, and where the token remembers it. */
async function endOfChain(deps: SamDeps): Promise<Readonly<Record<string, string | number>>> {
  const { chain, head } = deps.writer
  const remembered = await readCheckpoint(deps.hsm, chain)
  return {
    oldChain: chain,
    oldSequence: head.sequence,
    oldHash: head.chain.toString('hex'),
    ...(remembered && {
      tokenSequence: remembered.sequence,
      tokenHash: remembered.chain.toString('hex'),
    }),
  }
}

interface Acceptance {
  readonly fields: Readonly<Record<string, string | number>>
  readonly findings: Findings
}

async function write(
  deps: SamDeps,
  chain: string,
  requestId: string,
  { fields, findings }: Acceptance,
): Promise<void> {
  await deps.writer.writeInNewChain(chain, async (unit) => {
    const lost = findings.lost.map(({ kind, id }) => `${kind}/${id}`)
    unit.record({
      type: 'STATE_ACCEPTED',
      requestId,
      fields: { ...fields, suspended: findings.suspended, lost },
    })
    await voidActivations(unit, {})
    await unit.trx('otp').where({ state: 'open' }).update({ state: 'void' })
    for (const { kind, id } of findings.lost) await unit.trx('record').where({ kind, id }).delete()
    for (const record of findings.changed) await deps.records.put(unit, record)
  })
}

interface Findings {
  readonly changed: readonly PreparedRecord[]
  readonly suspended: readonly string[]
  readonly lost: readonly { readonly kind: RecordKind; readonly id: string }[]
}

async function inspect(deps: SamDeps): Promise<Findings> {
  const changed: PreparedRecord[] = []
  const suspended: string[] = []
  const lost: { kind: RecordKind; id: string }[] = []
  for (const kind of kindsOf(RECORD_KINDS)) {
    for await (const { id, stored } of everyRecord(deps, kind)) {
      if (stored === undefined) lost.push({ kind, id })
      else if (isFactor(stored)) changed.push(await held(deps, stored))
      else if (isKey(stored) && stored.value.state === 'ACTIVE') {
        changed.push(await deps.records.prepareNext(stored, { ...stored.value, state: 'SUSPENDED' }))
        suspended.push(id)
      }
    }
  }
  return { changed, suspended, lost }
}

/** A change that waits may be one that was cancelled since: it is dropped. */
function held(deps: SamDeps, stored: Stored<'factor'>): Promise<PreparedRecord> {
  const value = withoutWaiting(stored.value, deps.clock.now())
  return deps.records.prepareNext(stored, { ...value, isHeld: 'yes' })
}

async function* everyRecord<K extends RecordKind>(
  deps: SamDeps,
  kind: K,
): AsyncGenerator<{ readonly id: string; readonly stored: Stored<K> | undefined }> {
  let after = ''
  for (;;) {
    const page = await deps.records.inspect(kind, after, PAGE)
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    after = last.id
  }
}

const isFactor = (stored: Stored<RecordKind>): stored is Stored<'factor'> => stored.kind === 'factor'
const isKey = (stored: Stored<RecordKind>): stored is Stored<'key'> => stored.kind === 'key'

function kindsOf(kinds: typeof RECORD_KINDS): readonly RecordKind[] {
  const names: readonly RecordKind[] = ['signer', 'factor', 'key', 'peer', 'client']
  return names.filter((name) => Object.hasOwn(kinds, name))
}
