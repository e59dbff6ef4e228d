import { createHash, timingSafeEqual } from 'node:crypto'
import type { Hsm, InfrastructureKey } from '../../hsm/hsm.ts'
import type { DigestName } from '../../sap/algorithms.ts'
import { canonicalJson } from '../../sap/canonical.ts'
import { MalformedMessage, integer, list, object, oneOf, text, type TypeOf } from '../../sap/codec.ts'
import { FACTOR_KINDS, GRADES } from '../../sap/operations.ts'
import { activationsBySad, type ActivationRow } from '../state/activations.ts'
import { fieldBytes } from '../state/fieldBytes.ts'
import type { Gathering } from '../../store/gathering.ts'
import { IntegrityFailure } from '../state/records.ts'

const id = text(1, 64)
const milliseconds = integer(0, Number.MAX_SAFE_INTEGER)

const entry = object({
  signerId: id,
  clientId: id,
  familyId: id,
  credentialId: id,
  /** 'any' where the act named no hash (SCAL 1). */
  hashAlgorithm: oneOf(['any', 'sha256', 'sha384', 'sha512']),
  /** SHA-256 of the list in canonical form, hex. */
  listSha256: text(64, 64),
  numberOfSignatures: integer(1, 1000),
  grade: oneOf(GRADES),
  factors: list(oneOf(FACTOR_KINDS), 1, 3),
  actAt: milliseconds,
  expiresAt: milliseconds,
})
/** What a signer's act authorized: the body of a ledger row. */
export type LedgerEntry = TypeOf<typeof entry>

/** A ledger row whose MAC was verified. */
export interface OpenedActivation {
  readonly row: ActivationRow
  readonly entry: LedgerEntry
}

/** The only form in which a SAD is kept. */
export function sadHash(sad: string): Buffer {
  return createHash('sha256').update(sad, 'utf8').digest()
}

/** SHA-256, hex, over the list as it was authorized: what the journal and the ledger name it by. */
export function listSha256(digests: readonly (Buffer | undefined)[]): string {
  return createHash('sha256')
    .update(fieldBytes(digests.map((digest) => digest ?? Buffer.alloc(0))))
    .digest('hex')
}

const KNOWN_LIMIT = 2000

/** Ledger rows under a MAC of the HSM, so that a row that this SAM did not write opens nothing. */
export class Ledger {
  readonly #hsm: Pick<Hsm, 'hmac' | 'random'>
  readonly #macKey: InfrastructureKey
  readonly #onFailure: (failure: IntegrityFailure) => void
  /** The newest rows that this process sealed or verified: the same bytes need no second MAC. */
  readonly #known = new Map<string, OpenedActivation>()

  constructor(deps: {
    hsm: Pick<Hsm, 'hmac' | 'random'>
    macKey: InfrastructureKey
    onFailure: (failure: IntegrityFailure) => void
  }) {
    this.#hsm = deps.hsm
    this.#macKey = deps.macKey
    this.#onFailure = deps.onFailure
  }

  /** A new SAD: 256 random bits of the HSM. */
  async newSad(): Promise<string> {
    return (await this.#hsm.random(32)).toString('base64url')
  }

  async seal(activationId: string, version: number, sad: string, value: LedgerEntry): Promise<ActivationRow> {
    const body = canonicalJson(asJson(value))
    const hash = sadHash(sad)
    const row: ActivationRow = {
      id: activationId,
      version,
      sad_hash: hash,
      credential_id: value.credentialId,
      family_id: value.familyId,
      expires_at: value.expiresAt,
      body,
      mac: await this.#mac(activationId, version, hash, body),
      state: 'open',
    }
    this.#learn({ row, entry: value })
    return row
  }

  /** The activation of a SAD, whatever its state, or undefined. Throws IntegrityFailure. */
  async find(reads: Gathering, sad: string): Promise<OpenedActivation | undefined> {
    const row = await reads.do(activationsBySad, sadHash(sad))
    if (row === undefined) return undefined
    const known = this.#known.get(row.id)
    if (known !== undefined && isSame(known.row, row)) return { row, entry: known.entry }
    const expected = await this.#mac(row.id, row.version, row.sad_hash, row.body)
    if (row.mac.length !== expected.length || !timingSafeEqual(row.mac, expected))
      throw this.#failure(`MAC of activation ${row.id}`)
    const value = this.#parse(row)
    if (value.expiresAt !== row.expires_at || value.credentialId !== row.credential_id)
      throw this.#failure(`columns of activation ${row.id}`)
    const opened = { row, entry: value }
    this.#learn(opened)
    return opened
  }

  #learn(opened: OpenedActivation): void {
    this.#known.set(opened.row.id, opened)
    const [oldest] = this.#known.keys()
    if (this.#known.size > KNOWN_LIMIT && oldest !== undefined) this.#known.delete(oldest)
  }

  #parse(row: ActivationRow): LedgerEntry {
    try {
      return entry.parse(JSON.parse(row.body), '')
    } catch (error) {
      if (error instanceof MalformedMessage || error instanceof SyntaxError)
        throw this.#failure(`activation ${row.id} cannot be read`)
      throw error
    }
  }

  #failure(what: string): IntegrityFailure {
    const failure = new IntegrityFailure(what)
    this.#onFailure(failure)
    return failure
  }

  #mac(activationId: string, version: number, hash: Buffer, body: string): Promise<Buffer> {
    return this.#hsm.hmac(
      this.#macKey,
      fieldBytes(['chancery-activation-1', activationId, version, hash, body]),
    )
  }
}

/** Whether every column that is under the MAC, or repeats what is, has the same bytes. */
function isSame(known: ActivationRow, row: ActivationRow): boolean {
  return (
    known.version === row.version &&
    known.body === row.body &&
    known.expires_at === row.expires_at &&
    known.credential_id === row.credential_id &&
    known.sad_hash.equals(row.sad_hash) &&
    known.mac.equals(row.mac)
  )
}

function asJson(value: LedgerEntry): Readonly<Record<string, string | number | readonly string[]>> {
  return { ...value }
}

export function hashAlgorithmOf(value: LedgerEntry): DigestName | undefined {
  return value.hashAlgorithm === 'any' ? undefined : value.hashAlgorithm
}
