import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import type { Knex } from 'knex'
import { openToken } from '../../hsm/token.ts'
import { KEY_TYPES } from '../../sap/algorithms.ts'
import { ecdsaRaw } from '../../sap/ecdsaSignature.ts'
import { loadConfig } from '../../sam/config.ts'
import { readCheckpoint, type Checkpoint } from '../../sam/journal/checkpoint.ts'
import { verifyJournal } from '../../sam/journal/verifyJournal.ts'
import type { KillPlan } from './killPlan.ts'
import { journalEntries, withDatabase, type JournalEntry } from './samDatabase.ts'
import type { SamFolder } from './samFolder.ts'

/** What was to be signed: its digest is its SHA-256. */
export interface Paper {
  readonly message: Buffer
  readonly digest: Buffer
}

/** An answer to a signing request that reached the client. */
export interface Received {
  readonly requestId: string
  readonly publicKey: Buffer
  readonly papers: readonly Paper[]
  readonly signatures: readonly Buffer[]
}

/**
 * Checks what must hold after every crash, of a SAM that runs and has nothing under way: I1, I2, I4 to I7 of the
 * security model. Looks at the database, the token's checkpoint, the calls that reached the HSM, and all that the
 * client ever received. P-256 keys only.
 */
export async function checkInvariants(
  site: SamFolder,
  plan: KillPlan,
  received: readonly Received[],
): Promise<void> {
  // The token first: the database may go on meanwhile, and be ahead, never behind.
  const checkpoint = await checkpointOf(site)
  assert.ok(checkpoint !== undefined, 'the token has no checkpoint')
  await withDatabase(site, async (knex) => {
    await verifyJournal(knex, 'sam-1', checkpoint)
    const journal = await journalEntries(knex)
    await everyIntentHasOneOutcome(knex, journal)
    const intents = intentsThatSpent(journal)
    eachOccurrenceOnceAndApproved(journal, intents)
    callsWithinIntents(plan, intents)
    for (const answer of received) releasedAsRecorded(journal, answer)
    onceEach(received.flatMap(({ signatures }) => signatures.map((signature) => signature.toString('hex'))))
    await countersAsRecorded(knex, journal)
    await codesUsedOnce(knex, journal)
  })
}

async function checkpointOf(site: SamFolder): Promise<Checkpoint | undefined> {
  const { hsm } = loadConfig(site.configFile)
  const token = await openToken({ ...hsm, tokenLabel: hsm.token })
  try {
    return await readCheckpoint(token, 'sam-1')
  } finally {
    await token.close()
  }
}

const OUTCOMES: Readonly<Record<string, string>> = {
  SIGNED: 'signed',
  SIGNING_RELEASED: 'released',
  SIGNING_FAILED: 'failed',
  SIGNATURE_WRONG: 'failed',
  OUTCOME_UNKNOWN: 'unknown',
}

/** I4: intent before, outcome after. */
async function everyIntentHasOneOutcome(knex: Knex, journal: readonly JournalEntry[]): Promise<void> {
  const rows: { id: string; state: string }[] = await knex('reservation').select('id', 'state')
  const states = new Map(rows.map(({ id, state }) => [id, state]))
  const outcomes = new Map<string, JournalEntry[]>()
  for (const entry of journal.filter(({ type }) => type in OUTCOMES)) {
    const id = entry.text('reservationId')
    outcomes.set(id, [...(outcomes.get(id) ?? []), entry])
  }
  const intents = journal.filter(({ type }) => type === 'SIGNING')
  assert.equal(intents.length, states.size, 'each reservation has its intent')
  for (const intent of intents) {
    const id = intent.text('reservationId')
    const [outcome, ...others] = outcomes.get(id) ?? []
    assert.ok(outcome !== undefined, `I4: ${id} has no outcome`)
    assert.equal(others.length, 0, `I4: ${id} has two outcomes`)
    assert.ok(outcome.sequence > intent.sequence, `I4: ${id} has its outcome first`)
    assert.equal(states.get(id), OUTCOMES[outcome.type], `I4: state of ${id}`)
  }
}

/** All that was spent and not given back. */
function intentsThatSpent(journal: readonly JournalEntry[]): readonly JournalEntry[] {
  const released = new Set(
    journal.filter(({ type }) => type === 'SIGNING_RELEASED').map((entry) => entry.text('reservationId')),
  )
  return journal
    .filter(({ type }) => type === 'SIGNING')
    .filter((e) => !released.has(e.text('reservationId')))
}

/** I1 and I2. */
function eachOccurrenceOnceAndApproved(
  journal: readonly JournalEntry[],
  intents: readonly JournalEntry[],
): void {
  const approvals = new Map(
    journal.filter(({ type }) => type === 'AUTHORIZED').map((entry) => [entry.text('activationId'), entry]),
  )
  for (const intent of intents) {
    const approval = approvals.get(intent.text('activationId'))
    assert.ok(approval !== undefined && approval.sequence < intent.sequence, 'I1: signing without approval')
    for (const field of ['signerId', 'clientId', 'credentialId'])
      assert.equal(intent.text(field), approval.text(field), `I1: another ${field}`)
    const approved = approval.texts('hashes')
    const wanted = intent.numbers('positions').map((position) => approved[position])
    assert.deepEqual(intent.texts('hashes'), wanted, 'I1: another hash')
  }
  onceEach(intents.flatMap((e) => e.numbers('positions').map((p) => `${e.text('activationId')}/${p}`)))
}

function onceEach(names: readonly string[]): void {
  assert.equal(new Set(names).size, names.length, 'I2: the same twice')
}

/** I2 and I4, at the HSM: no digest went there more often than intents name it. */
function callsWithinIntents(plan: KillPlan, intents: readonly JournalEntry[]): void {
  const named = new Map<string, number>()
  for (const digest of intents.flatMap((intent) => intent.texts('hashes')))
    named.set(digest, (named.get(digest) ?? 0) + 1)
  for (const [digest, count] of named) {
    const calls = plan.signCalls(Buffer.from(digest, 'hex'))
    assert.ok(calls <= count, `I2: C_Sign was called ${calls} times for ${count}`)
  }
}

/** I5, and that the journal knows every signature that left. */
function releasedAsRecorded(journal: readonly JournalEntry[], answer: Received): void {
  const entries = journal.filter(({ requestId }) => requestId === answer.requestId)
  const intent = entries.find(({ type }) => type === 'SIGNING')
  const outcome = entries.find(({ type }) => type === 'SIGNED')
  assert.ok(intent !== undefined && outcome !== undefined, 'a signature left that the journal does not know')
  const hex = answer.papers.map(({ digest }) => digest.toString('hex'))
  assert.deepEqual(intent.texts('hashes'), hex)
  assert.deepEqual(outcome.texts('signatures'), answer.signatures.map(rawSha256))
  const key = createPublicKey({ key: answer.publicKey, format: 'der', type: 'spki' })
  for (const [index, { message }] of answer.papers.entries())
    assert.ok(verify('sha256', message, key, answer.signatures[index] ?? Buffer.alloc(0)), 'I5: not good')
}

function rawSha256(signature: Buffer): string {
  const keyType = KEY_TYPES['p-256']
  assert.ok(keyType.family === 'ec')
  const raw = ecdsaRaw(signature, keyType)
  return createHash('sha256')
    .update(raw ?? '')
    .digest('hex')
}

/** I7: each factor's counter is what the journal says was tried since it was last right. */
async function countersAsRecorded(knex: Knex, journal: readonly JournalEntry[]): Promise<void> {
  const expected = new Map<string, number>()
  for (const entry of journal) {
    if (entry.type === 'FACTOR_ATTEMPTED') {
      const id = `${entry.text('factor')}.${entry.text('signerId')}`
      expected.set(id, (expected.get(id) ?? 0) + 1)
      assert.equal(entry.number('attempt'), expected.get(id), `I7: an attempt of ${id} was lost`)
    }
    if (entry.type === 'AUTHORIZED')
      for (const kind of entry.texts('factors')) expected.set(`${kind}.${entry.text('signerId')}`, 0)
    if (entry.type === 'FACTOR_CHANGE_PROVED') expected.set(`otp.${entry.text('signerId')}`, 0)
    if (entry.type === 'FACTOR_RESET' || entry.type === 'FACTOR_REMOVED' || entry.type === 'FACTOR_UNLOCKED')
      expected.set(`${entry.text('factor')}.${entry.text('signerId')}`, 0)
  }
  for (const [id, attempts] of await attemptsByFactor(knex))
    assert.equal(attempts, expected.get(id) ?? 0, `I7: attempts of ${id}`)
}

/** The counters as the records hold them, by factor id. */
export async function attemptsByFactor(knex: Knex): Promise<ReadonlyMap<string, number>> {
  const rows: { id: string; body: string }[] = await knex('record')
    .where({ kind: 'factor' })
    .select('id', 'body')
  return new Map(
    rows.map(({ id, body }) => {
      const value: unknown = JSON.parse(body)
      assert.ok(typeof value === 'object' && value !== null && 'attempts' in value)
      return [id, Number(value.attempts)]
    }),
  )
}

async function codesUsedOnce(knex: Knex, journal: readonly JournalEntry[]): Promise<void> {
  const used = await knex('otp').where({ state: 'used' }).select('id')
  const acts = journal.filter(({ type }) => type === 'AUTHORIZED' || type === 'FACTOR_CHANGE_PROVED')
  assert.equal(used.length, acts.length, 'each act used one code of its own')
}
