import { timingSafeEqual } from 'node:crypto'
import type { Knex } from 'knex'
import type { Hsm, InfrastructureKey } from '../../hsm/hsm.ts'
import { canonicalJson, type Canonical } from '../../sap/canonical.ts'
import { MalformedMessage, type Codec } from '../../sap/codec.ts'
import { fieldBytes } from './fieldBytes.ts'
import type { Gathering } from '../../store/gathering.ts'
import { RECORD_KINDS, type RecordKind, type RecordOf } from './recordKinds.ts'
import {
  insertRecords,
  keptRecordHeads,
  recordHeads,
  replaceRecords,
  type RecordHead,
} from './recordStatements.ts'
import { Conflict, type Unit } from './writer.ts'

/** A record whose MAC was verified. */
export interface Stored<K extends RecordKind> {
  readonly kind: K
  readonly id: string
  readonly version: number
  readonly value: RecordOf<K>
}

/** The next version of a record, MAC and all: `put` stores it if the version before is still the newest. */
export interface PreparedRecord {
  readonly kind: RecordKind
  readonly id: string
  readonly version: number
  readonly owner: string | undefined
  readonly body: string
  readonly mac: Buffer
  readonly value: RecordOf<RecordKind>
}

/** A record that was not written by this SAM: the state is not to be trusted any more. */
export class IntegrityFailure extends Error {
  override readonly name = 'IntegrityFailure'
}

interface Row {
  readonly kind: string
  readonly id: string
  readonly version: number
  readonly body: string
  readonly mac: Buffer
}

const CACHE_LIMIT = 20_000
/** Some 100 bytes each. What is forgotten, the journal still tells at the next start. */
const SEEN_LIMIT = 500_000

interface Known {
  readonly mac: Buffer
  readonly stored: Stored<RecordKind>
}

/**
 * The records of signers, factors, keys, peers and clients. Each is canonical JSON under a MAC of the HSM over kind,
 * id, version and body. MACs are made and checked outside of transactions (the HSM is slow beside SQLite); inside,
 * one conditional write on the version decides.
 */
export class Records {
  readonly #knex: Knex
  readonly #reads: Gathering
  readonly #hsm: Pick<Hsm, 'hmac'>
  readonly #macKey: InfrastructureKey
  readonly #onFailure: (failure: IntegrityFailure) => void
  /** The newest that was written or verified, by kind and id: a row that still bears its MAC needs no second look. */
  readonly #known = new Map<string, Known>()
  /** The newest version that was ever seen, by kind and id: a lower one is a rollback. */
  readonly #seen = new Map<string, number>()

  constructor(deps: {
    knex: Knex
    reads: Gathering
    hsm: Pick<Hsm, 'hmac'>
    macKey: InfrastructureKey
    onFailure: (failure: IntegrityFailure) => void
  }) {
    this.#knex = deps.knex
    this.#reads = deps.reads
    this.#hsm = deps.hsm
    this.#macKey = deps.macKey
    this.#onFailure = deps.onFailure
  }

  /** The newest version, or undefined. Throws IntegrityFailure. */
  async read<K extends RecordKind>(kind: K, id: string): Promise<Stored<K> | undefined> {
    const head = await this.#reads.do(recordHeads, { kind, id })
    if (head === undefined) {
      this.#requireNeverSeen(kind, id)
      return undefined
    }
    const known = this.#knownAs(kind, id, head)
    if (known !== undefined) return known
    const row = await this.#row(kind, id)
    return row === undefined ? undefined : await this.#open(kind, row)
  }

  /** Records are never deleted, but by an officer who accepts a state: `forget`. */
  #requireNeverSeen(kind: RecordKind, id: string): void {
    if (this.#seen.has(`${kind}/${id}`)) throw this.#failure(`${kind}/${id} is gone`)
  }

  /** What is known under this version and MAC. Kind, id and both are the same: so is the body. */
  #knownAs<K extends RecordKind>(kind: K, id: string, head: RecordHead): Stored<K> | undefined {
    const known = this.#known.get(`${kind}/${id}`)
    if (known?.stored.version !== head.version || !known.mac.equals(head.mac)) return undefined
    return known.stored as Stored<K> // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- by its key
  }

  async #row(kind: RecordKind, id: string): Promise<Row | undefined> {
    return this.#knex<Row>('record').where({ kind, id }).first()
  }

  /** An owner's records in the order of their ids. Throws IntegrityFailure. */
  async list<K extends RecordKind>(
    kind: K,
    query: { readonly owner?: string; readonly after?: string; readonly limit: number },
  ): Promise<readonly Stored<K>[]> {
    const rows: Row[] = await this.#knex<Row>('record')
      .where({ kind, ...(query.owner === undefined ? {} : { owner: query.owner }) })
      .where('id', '>', query.after ?? '')
      .orderBy('id')
      .limit(query.limit)
    return Promise.all(rows.map((row) => this.#open(kind, row)))
  }

  /** Forgets what was seen, so that an officer can accept an older state. Only while LOCKED. */
  forget(): void {
    this.#known.clear()
    this.#seen.clear()
  }

  /** A page of rows of a kind, each opened or found broken; for `acceptState`, which must look at both. */
  async inspect<K extends RecordKind>(
    kind: K,
    after: string,
    limit: number,
  ): Promise<readonly { readonly id: string; readonly stored: Stored<K> | undefined }[]> {
    const rows: Row[] = await this.#knex<Row>('record')
      .where({ kind })
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
    return Promise.all(
      rows.map(async (row) => {
        const expected = await this.#mac(kind, row.id, row.version, row.body)
        const isGood = row.mac.length === expected.length && timingSafeEqual(row.mac, expected)
        return { id: row.id, stored: isGood ? await this.#open(kind, row) : undefined }
      }),
    )
  }

  /** The first version of a new record. */
  prepareNew<K extends RecordKind>(
    kind: K,
    id: string,
    value: RecordOf<K>,
    owner?: string,
  ): Promise<PreparedRecord> {
    return this.#prepare(kind, id, 1, value, owner)
  }

  /** The version after `stored`. */
  prepareNext<K extends RecordKind>(stored: Stored<K>, value: RecordOf<K>): Promise<PreparedRecord> {
    return this.#prepare(stored.kind, stored.id, stored.version + 1, value, undefined)
  }

  /** Stores it. Throws Conflict if somebody stored that version first. */
  async put(unit: Unit, prepared: PreparedRecord): Promise<void> {
    const { kind, id, version, mac, value } = prepared
    unit.wrote(`${kind}/${id}@${version}`)
    if (version === 1) {
      if (!(await unit.do(insertRecords, prepared))) throw new Conflict(`${kind} ${id} exists`)
    } else if (!(await unit.do(replaceRecords, prepared))) {
      throw new Conflict(`${kind} ${id} is not at version ${version - 1}`)
    }
    unit.onDurable(() => {
      this.#learn(mac, { kind, id, version, value })
    })
  }

  /** Throws Conflict unless `stored` is still the newest version; then it stays that until this transaction ends. */
  async requireCurrent(unit: Unit, stored: Stored<RecordKind>): Promise<void> {
    const { kind, id, version } = stored
    const head = await unit.do(keptRecordHeads, { kind, id })
    if (head?.version !== version) throw new Conflict(`${kind} ${id} is not at version ${version}`)
  }

  async #prepare<K extends RecordKind>(
    kind: K,
    id: string,
    version: number,
    value: RecordOf<K>,
    owner: string | undefined,
  ): Promise<PreparedRecord> {
    const codec: Codec<RecordOf<K>> = codecOf(kind)
    const body = canonicalJson(canonical(codec.write(value)))
    const mac = await this.#mac(kind, id, version, body)
    // As it will be read: a value that could not be is refused now, not after the next start.
    return { kind, id, version, owner, body, mac, value: codec.parse(JSON.parse(body), '') }
  }

  async #open<K extends RecordKind>(kind: K, row: Row): Promise<Stored<K>> {
    const known = this.#knownAs(kind, row.id, row)
    if (known !== undefined) return known
    await this.#requireNotOlder(row, this.#seen.get(`${kind}/${row.id}`) ?? 0)
    const expected = await this.#mac(kind, row.id, row.version, row.body)
    if (row.mac.length !== expected.length || !timingSafeEqual(row.mac, expected))
      throw this.#failure(`MAC of ${kind}/${row.id} version ${row.version}`)
    const stored: Stored<K> = { kind, id: row.id, version: row.version, value: this.#parse(kind, row) }
    this.#learn(row.mac, stored)
    return stored
  }

  /** Remembers a record, unless a newer version is remembered. */
  #learn(mac: Buffer, stored: Stored<RecordKind>): void {
    const key = `${stored.kind}/${stored.id}`
    if (stored.version < (this.#seen.get(key) ?? 0)) return
    setNewest(this.#seen, key, stored.version, SEEN_LIMIT)
    setNewest(this.#known, key, { mac, stored }, CACHE_LIMIT)
  }

  /** An older version with its good MAC is a rollback, unless this read was merely overtaken by a write. */
  async #requireNotOlder({ kind, id, version }: Row, seen: number): Promise<void> {
    if (version >= seen) return
    const again: Row | undefined = await this.#knex<Row>('record').where({ kind, id }).first()
    if ((again?.version ?? 0) < seen)
      throw this.#failure(`${kind}/${id} went back from version ${seen} to ${version}`)
  }

  #parse<K extends RecordKind>(kind: K, row: Row): RecordOf<K> {
    try {
      const codec: Codec<RecordOf<K>> = codecOf(kind)
      return codec.parse(JSON.parse(row.body), '')
    } catch (error) {
      if (error instanceof MalformedMessage || error instanceof SyntaxError)
        throw this.#failure(`${kind}/${row.id} cannot be read`)
      throw error
    }
  }

  #failure(what: string): IntegrityFailure {
    const failure = new IntegrityFailure(what)
    this.#onFailure(failure)
    return failure
  }

  #mac(kind: string, id: string, version: number, body: string): Promise<Buffer> {
    return this.#hsm.hmac(this.#macKey, fieldBytes(['chancery-record-1', kind, id, version, body]))
  }
}

/** Sets it as the newest entry, and drops the oldest beyond the limit. */
function setNewest<V>(map: Map<string, V>, key: string, value: V, limit: number): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > limit && oldest !== undefined) map.delete(oldest)
}

function codecOf<K extends RecordKind>(kind: K): Codec<RecordOf<K>> {
  // The table's entry of this very kind; TypeScript loses the link between key and value type here.
  return RECORD_KINDS[kind] as unknown as Codec<RecordOf<K>> // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
}

/** What a codec writes is JSON without null and floats: the canonical form takes it, and checks numbers itself. */
function canonical(value: unknown): Canonical {
  return value as Canonical // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
}
