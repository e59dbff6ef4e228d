import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { SapFailure, type SapErrorCode } from '../../sap/errors.ts'
import type { SamAnswer } from '../../sap/operations.ts'
import { makeKillPlan, type KillPlan } from './killPlan.ts'
import { authorization, callerOf } from './samActs.ts'
import { journalEntries, withDatabase, type JournalEntry } from './samDatabase.ts'
import { makeSamFolder, type SamClient, type SamFolder } from './samFolder.ts'
import { runProvision, startSamProcess, type SamProcess } from './samProcess.ts'
import { makeSigner, type TestSigner, type TestSignerOptions } from './testSigner.ts'

/** A SAM in a process of its own, and a program of ours that holds the SSA's certificate and need not be honest. */
export interface RoguePeer {
  readonly site: SamFolder
  readonly sam: SamProcess
  readonly ssa: SamClient
  makeSigner(options?: TestSignerOptions): Promise<TestSigner>
  /** Asks for a code, bound if there are hashes, and returns it as the signer types it in. */
  code(signer: TestSigner, hashes?: readonly Buffer[]): Promise<string>
  /** What an honest SSA does with the signer's own act. */
  authorized(signer: TestSigner, hashes: readonly Buffer[]): Promise<SamAnswer<'authorize'>>
  /**
   * Asserts that a call is refused with this code, that nothing was authorized, spent or signed by it, and that the
   * journal says why. Returns the reason.
   */
  gets(code: SapErrorCode, call: () => Promise<unknown>): Promise<string>
  /** Entries of these types, oldest first. */
  journal(...types: readonly string[]): Promise<readonly JournalEntry[]>
  /** How often the HSM was asked to sign this digest. */
  signCalls(digest: Buffer): number
  dispose(): Promise<void>
}

export async function makeRoguePeer(): Promise<RoguePeer> {
  const site = await makeSamFolder()
  const plan = makeKillPlan()
  const { ending, output } = await runProvision(site)
  assert.equal(ending, 0, output)
  const sam = await startSamProcess(site, plan)
  const { ssa } = sam
  const code = async (signer: TestSigner, hashes?: readonly Buffer[]): Promise<string> => {
    const binding = hashes === undefined ? {} : { binding: { hashes, nonce: randomBytes(16) } }
    await ssa.call('sendOtp', { ...callerOf(signer), ...binding })
    const to = `${signer.signerId}@example.org`
    const newest = (await site.outbox()).findLast(
      (message) => message.to === to && message.code !== undefined,
    )
    assert.ok(newest?.code !== undefined, 'no code was delivered')
    return newest.code
  }
  return {
    site,
    sam,
    ssa,
    code,
    makeSigner: (options) => makeSigner({ ...sam, issuer: site.issuer }, options),
    authorized: async (signer, hashes) =>
      ssa.call('authorize', authorization(signer, hashes, { otp: await code(signer, hashes) })),
    gets: (expected, call) => gets({ site, plan }, expected, call),
    journal: (...types) => journalOf(site, types),
    signCalls: (digest) => plan.signCalls(digest),
    async dispose() {
      await sam.end('SIGTERM')
      await site.dispose()
      rmSync(plan.folder, { recursive: true, force: true })
    },
  }
}

async function journalOf(site: SamFolder, types: readonly string[]): Promise<readonly JournalEntry[]> {
  const journal = await withDatabase(site, journalEntries)
  return journal.filter(({ type }) => types.includes(type))
}

async function gets(
  { site, plan }: { readonly site: SamFolder; readonly plan: KillPlan },
  code: SapErrorCode,
  call: () => Promise<unknown>,
): Promise<string> {
  const before = await gained(site, plan)
  const known = (await journalOf(site, ['REFUSED'])).length
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof SapFailure, String(error))
    assert.equal(error.code, code)
    return true
  })
  assert.deepEqual(await gained(site, plan), before)
  const [entry, ...others] = (await journalOf(site, ['REFUSED'])).slice(known)
  assert.ok(entry !== undefined && others.length === 0, 'one refusal, one entry')
  assert.deepEqual([entry.text('code'), entry.text('peer')], [code, 'ssa-1'])
  return entry.text('reason')
}

/** All that an attacker could have gained or taken away: acts, spent hashes, used codes, calls to the HSM. */
async function gained(site: SamFolder, plan: KillPlan): Promise<unknown> {
  const entries = await journalOf(site, ['AUTHORIZED', 'EXTENDED', 'SAD_VOIDED', 'SIGNING', 'SIGNED'])
  const rows = await withDatabase(site, async (knex) => ({
    acts: await knex('activation').select('id', 'state', 'expires_at', 'version').orderBy('id'),
    spent: await knex('occurrence').whereNotNull('spent_by').select('activation_id', 'position'),
    codes: await knex('otp').select('id', 'state').orderBy('id'),
  }))
  return { ...rows, entries: entries.length, keyPairCalls: plan.allSignCalls() }
}
