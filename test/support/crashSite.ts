import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SapFailure } from '../../sap/errors.ts'
import type { SamAnswer } from '../../sap/operations.ts'
import type { EventType } from '../../sam/journal/events.ts'
import { attemptsByFactor, checkInvariants, type Paper, type Received } from './checkInvariants.ts'
import { makeKillPlan, type KillPlan, type KillPoint } from './killPlan.ts'
import { journalEntries, withDatabase } from './samDatabase.ts'
import { makeSamFolder, type SamFolder } from './samFolder.ts'
import { findSecretsIn } from './secretSearch.ts'
import { holdSamProcess, runProvision, type HeldSam, type SamProcess } from './samProcess.ts'
import { makeSigner, newRequestId, type TestSigner, type TestSignerOptions } from './testSigner.ts'

const ECDSA_SHA256 = '1.2.840.10045.4.3.2'

/** What a client gets from a SAM that died: no answer. */
function isLostAnswer(error: unknown): boolean {
  return error instanceof SapFailure && error.code === 'unavailable'
}

export function newPaper(): Paper {
  const message = randomBytes(64)
  return { message, digest: createHash('sha256').update(message).digest() }
}

/** A SAM process that dies and comes back, and everything that its client ever got from it. */
export class CrashSite {
  readonly folder: SamFolder
  readonly plan: KillPlan
  readonly #received: Received[] = []
  /** PINs, codes and SADs that were used, by what they are. */
  readonly #secrets = new Map<string, string>()
  #next: HeldSam
  #sam: SamProcess
  #lastSteps: readonly string[] = []

  private constructor(parts: { folder: SamFolder; plan: KillPlan; sam: SamProcess; next: HeldSam }) {
    this.folder = parts.folder
    this.plan = parts.plan
    this.#sam = parts.sam
    this.#next = parts.next
  }

  static async make(): Promise<CrashSite> {
    const folder = await makeSamFolder()
    const plan = makeKillPlan()
    const { ending, output } = await runProvision(folder)
    assert.equal(ending, 0, output)
    const sam = await holdSamProcess(folder, plan).release()
    return new CrashSite({ folder, plan, sam, next: holdSamProcess(folder, plan) })
  }

  get sam(): SamProcess {
    return this.#sam
  }

  /** What was begun in the last `crash`. */
  get lastSteps(): readonly string[] {
    return this.#lastSteps
  }

  async makeSigner(options: TestSignerOptions = {}): Promise<TestSigner> {
    const signer = await makeSigner({ ...this.#sam, issuer: this.folder.issuer }, options)
    this.#remember('PIN', signer.pin)
    this.#remember('TOTP secret', new URL(signer.otpauthUri).searchParams.get('secret') ?? '')
    return signer
  }

  async sendOtp(signer: TestSigner): Promise<string> {
    const { signerId, clientId, credentialId } = signer
    await this.#sam.ssa.call('sendOtp', { requestId: newRequestId(), signerId, clientId, credentialId })
    return this.codeOf(signer)
  }

  /** The newest code that was delivered to a signer. */
  codeOf(signer: TestSigner): string {
    const outbox = join(this.folder.folder, 'outbox')
    const names = readdirSync(outbox).filter((name) => !name.startsWith('.'))
    for (const name of names.sort().reverse()) {
      const message: unknown = JSON.parse(readFileSync(join(outbox, name), 'utf8'))
      assert.ok(typeof message === 'object' && message !== null && 'to' in message)
      if (message.to === `${signer.signerId}@example.org` && 'code' in message)
        return this.#remember('OTP', String(message.code))
    }
    throw new Error('no code was delivered')
  }

  /** The subjects of what was delivered to a signer. */
  messagesTo(signer: TestSigner): readonly string[] {
    const outbox = join(this.folder.folder, 'outbox')
    const names = readdirSync(outbox).filter((name) => !name.startsWith('.'))
    return names.sort().flatMap((name) => {
      const message: unknown = JSON.parse(readFileSync(join(outbox, name), 'utf8'))
      assert.ok(typeof message === 'object' && message !== null && 'to' in message && 'subject' in message)
      return message.to === `${signer.signerId}@example.org` ? [String(message.subject)] : []
    })
  }

  async authorize(
    signer: TestSigner,
    papers: readonly Paper[],
    otp: string,
    requestId = newRequestId(),
  ): Promise<SamAnswer<'authorize'>> {
    const { signerId, clientId, credentialId, familyId } = signer
    const hashes = papers.map(({ digest }) => digest)
    const caller = { requestId, signerId, clientId, familyId }
    const answer = await this.#sam.ssa.call('authorize', {
      ...caller,
      credentialId,
      numberOfSignatures: papers.length,
      hashes,
      otp,
    })
    this.#remember('SAD', answer.sad)
    return answer
  }

  /** An authorized list: all that comes before signing. */
  async authorized(signer: TestSigner, papers: readonly Paper[]): Promise<string> {
    const { sad } = await this.authorize(signer, papers, await this.sendOtp(signer))
    return sad
  }

  /** Signs, and keeps what came. */
  async sign(
    signer: TestSigner,
    papers: readonly Paper[],
    sad: string,
    requestId = newRequestId(),
  ): Promise<readonly Buffer[]> {
    const { signerId, clientId, credentialId, familyId, publicKey } = signer
    const { signatures } = await this.#sam.ssa.call('sign', {
      requestId,
      signerId,
      clientId,
      credentialId,
      familyId,
      sad,
      hashes: papers.map(({ digest }) => digest),
      signAlgorithm: ECDSA_SHA256,
    })
    this.#received.push({ requestId, publicKey, papers, signatures })
    return signatures
  }

  async signsAnew(signer: TestSigner): Promise<void> {
    const papers = [newPaper()]
    const signatures = await this.sign(signer, papers, await this.authorized(signer, papers))
    assert.equal(signatures.length, 1)
  }

  /**
   * Acts under a plan to die at `point`, and starts the SAM again; one that is still alive after the act is killed
   * then. With `dying` the next one dies there while it starts. Returns the act's answer if one came, and the steps that it began. Throws if a living SAM refused.
   */
  async crash<A>(
    point: KillPoint | undefined,
    act: () => Promise<A>,
    dying?: KillPoint,
  ): Promise<{ readonly answer: A | undefined; readonly steps: readonly string[] }> {
    this.plan.set(point)
    let answer: A | undefined
    try {
      answer = await act()
    } catch (error) {
      if (!isLostAnswer(error)) throw error
    }
    const steps = this.plan.steps()
    this.#lastSteps = steps
    await this.restart(dying)
    return { answer, steps }
  }

  /** Kills it if it is alive. With a point, what starts first dies there while it starts. */
  async restart(dying?: KillPoint): Promise<void> {
    await this.#sam.end()
    if (dying !== undefined) await this.#dieStarting(dying)
    this.plan.set()
    this.#sam = await this.#next.release()
    this.#next = holdSamProcess(this.folder, this.plan)
    const { state } = await this.#sam.ssa.call('status', { requestId: newRequestId() })
    assert.equal(state, 'OPERATIONAL')
  }

  async #dieStarting(point: KillPoint): Promise<void> {
    this.plan.set(point)
    await assert.rejects(this.#next.release(), /SIGKILL/, 'it lived')
    this.#next = holdSamProcess(this.folder, this.plan)
  }

  /** Whether the journal has such an entry of this request. */
  async hasEntry(type: EventType, requestId: string): Promise<boolean> {
    const journal = await withDatabase(this.folder, journalEntries)
    return journal.some((entry) => entry.type === type && entry.requestId === requestId)
  }

  /** Attempts that the signer's OTP factor stands at. */
  async attempts(signer: TestSigner): Promise<number> {
    const attempts = await withDatabase(this.folder, attemptsByFactor)
    return attempts.get(`otp.${signer.signerId}`) ?? -1
  }

  /** I8: fails if a secret that was used is in any file that the SAM processes left, but where it is by design. */
  checkSecrets(): void {
    const pin = readFileSync(join(this.folder.folder, 'pin'), 'utf8').trim()
    this.#remember('token PIN', pin)
    const holders = ['outbox/', 'pin', 'tls.key']
    const delivered = findSecretsIn(join(this.folder.folder, 'outbox'), this.#secrets, [])
    assert.ok(delivered.found.length > 0, 'the search sees the codes where they are')
    const { searched, found } = findSecretsIn(this.folder.folder, this.#secrets, holders)
    assert.ok(searched.includes('sam.db') && this.#secrets.size > 3)
    assert.deepEqual([...found, ...findSecretsIn(this.plan.folder, this.#secrets, []).found], [])
  }

  #remember(what: string, secret: string): string {
    if (![...this.#secrets.values()].includes(secret))
      this.#secrets.set(`${what} ${this.#secrets.size}`, secret)
    return secret
  }

  check(): Promise<void> {
    return checkInvariants(this.folder, this.plan, this.#received)
  }

  async dispose(): Promise<void> {
    await this.#next.drop()
    await this.#sam.end()
    await this.folder.dispose()
    rmSync(this.plan.folder, { recursive: true, force: true })
  }
}
