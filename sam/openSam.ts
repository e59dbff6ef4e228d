import { randomUUID, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Hsm, KeyStore } from '../hsm/hsm.ts'
import { Ledger } from './activation/ledger.ts'
import { writeQuarantines } from './activation/quarantine.ts'
import { settleEarlier } from './activation/settleEarlier.ts'
import { openChannels } from './channels/openChannels.ts'
import { createClock, type ClockSources } from './clock.ts'
import type { SamConfig } from './config.ts'
import type { SamDeps } from './deps.ts'
import { Checkpointer, readCheckpoint } from './journal/checkpoint.ts'
import { EMPTY_HEAD, type JournalHead } from './journal/journalRow.ts'
import { currentChain, readLockMark, writeLockMark } from './journal/tokenMarks.ts'
import { JournalBroken, verifyJournal } from './journal/verifyJournal.ts'
import { findSamKeys } from './keys.ts'
import { createLockdown } from './lockdown.ts'
import { createSamState } from './samState.ts'
import { eraseOldPages } from './state/eraseOldPages.ts'
import { Gathering } from '../store/gathering.ts'
import { sqlOf } from '../store/sql.ts'
import { openDatabase, type Database } from './state/open.ts'
import { IntegrityFailure, Records } from './state/records.ts'
import { Writer } from './state/writer.ts'

export interface Opened {
  readonly deps: SamDeps
  /** Stops background work, makes a last checkpoint, closes database and token. */
  close(): Promise<void>
}

export interface OpenSamOptions {
  readonly config: SamConfig
  readonly token: Hsm & KeyStore
  readonly clockSources?: ClockSources | undefined
}

/**
 * Puts a SAM together: keys checked, journal verified against the token's checkpoint, what earlier processes left
 * open settled. A journal or record that cannot be trusted leaves it LOCKED, and running, so that an officer can find
 * out and act.
 */
export async function openSam(options: OpenSamOptions): Promise<Opened> {
  const { config, token } = options
  const keys = await findSamKeys(token)
  const database = await openDatabase(config.database)
  const chain = await currentChain(token, config.node)
  const { head, problem } = await readHead(database, token, chain)
  const clock = createClock(head.time, options.clockSources)
  const writer = new Writer({ knex: database.write, clock, chain, head })
  const state = createSamState({
    clockProblem: () => clock.problem(),
    isJournalWritable: () => writer.isHealthy,
  })
  const lockdown = createLockdown({ state, writer, hsm: token, node: config.node })
  const onFailure = (failure: IntegrityFailure): void => {
    void lockdown.lock(failure.message)
  }
  const reads = new Gathering(sqlOf(database.read), { endsWithFailure: false })
  const deps: SamDeps = {
    config,
    clock,
    hsm: token,
    keys,
    database,
    writer,
    reads,
    records: new Records({ knex: database.read, reads, hsm: token, macKey: keys.mac, onFailure }),
    ledger: new Ledger({ hsm: token, macKey: keys.mac, onFailure }),
    checkpointer: new Checkpointer({
      hsm: token,
      auditKey: keys.audit,
      knex: database.write,
      chain: () => writer.chain,
      head: () => writer.head,
      now: () => clock.now(),
    }),
    state,
    lockdown,
    channels: openChannels(config.channels),
    trustedIssuers: config.trustedIssuers.map((file) => new X509Certificate(readFileSync(file)).raw),
    incarnation: randomUUID(),
  }
  const lockReason = problem ?? (await readLockMark(token, config.node))
  if (lockReason === undefined) await begin(deps)
  else state.lock(lockReason)
  if (problem !== undefined) await writeLockMark(token, config.node, problem)
  return { deps, close: () => close(deps) }
}

async function readHead(
  database: Database,
  token: Hsm,
  chain: string,
): Promise<{ readonly head: JournalHead; readonly problem: string | undefined }> {
  try {
    const checkpoint = await readCheckpoint(token, chain)
    return { head: await verifyJournal(database.read, chain, checkpoint), problem: undefined }
  } catch (error) {
    if (!(error instanceof JournalBroken)) throw error
    return { head: EMPTY_HEAD, problem: `the journal ${error.message}` }
  }
}

async function begin(deps: SamDeps): Promise<void> {
  await deps.writer.write((unit) => {
    const { node, profile } = deps.config
    unit.record({ type: 'SAM_STARTED', fields: { node, profile, incarnation: deps.incarnation } })
    return Promise.resolve()
  })
  try {
    await settleEarlier(deps)
  } catch (error) {
    // LOCKED, and running: an officer must be able to find out.
    if (!(error instanceof IntegrityFailure)) throw error
    await deps.lockdown.lock(error.message)
    return
  }
  // A process that was killed after it destroyed a key had no time to overwrite the blob.
  await eraseOldPages(deps.database)
  await deps.checkpointer.make()
}

async function close(deps: SamDeps): Promise<void> {
  await deps.lockdown.settled()
  if (deps.state.lockedBecause() === undefined) {
    await writeQuarantines(deps)
    await deps.writer.write((unit) => {
      unit.record({ type: 'SAM_STOPPED', fields: { incarnation: deps.incarnation } })
      return Promise.resolve()
    })
    await deps.checkpointer.make()
  }
  for (const channel of Object.values(deps.channels)) channel.close()
  await deps.database.close()
  await deps.hsm.close()
}
