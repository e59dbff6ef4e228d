import { timingSafeEqual } from 'node:crypto'
import type { Knex } from 'knex'
import type { Hsm, InfrastructureKey } from '../../hsm/hsm.ts'
import { canonicalJson, type Canonical } from '../../sap/canonical.ts'
import { MalformedMessage, type Codec } from '../../sap/codec.ts'
import { fieldBytes } from './fieldBytes.ts'
import { RECORD_KINDS, type RecordKind, type RecordOf } from './recordKinds.ts'
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

/**
 * The records of signers, factors, keys, peers and clients. Each is canonical JSON under a MAC of the HSM over kind,
 * id, version and body. MACs are made and checked outside of transactions (the HSM is slow beside SQLite); inside,
 * one conditional write on the version decides.
 */
export class Records {
  readonly #knex: Knex
  readonly #hsm: Pick<Hsm, 'hmac'>
  readonly #macKey: InfrastructureKey
  readonly #onFailure: (failure: IntegrityFailure) => void
  /** MACs that were good, by kind and id: a row that still bears the same MAC needs no second look. */
  readonly #verified = new Map<string, { mac: Buffer; stored: Stored<RecordKind> }>()

  constructor(deps: {
    knex: Knex
    hsm: Pick<Hsm, 'hmac'>
    macKey: InfrastructureKey
    onFailure: (failure: IntegrityFailure) => void
  }) {
    this.#knex = deps.knex
    this.#hsm = deps.hsm
    this.#macKey = deps.macKey
    this.#onFailure = deps.onFailure
  }

  /** The newest version, or undefined. Throws IntegrityFailure. */
  async read<K extends RecordKind>(kind: K, id: string): Promise<Stored<K> | undefined> {
    const row = await this.#row(kind, id)
    return row === undefined ? undefined : await this.#open(kind, row)
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
    const { kind, id, version, owner, body, mac } = prepared
    unit.wrote(`${kind}/${id}@${version}`)
    if (version === 1) {
      const inserted: unknown[] = await unit
        .trx('record')
        .insert({ kind, id, version, owner: owner ?? null, body, mac })
        .onConflict(['kind', 'id'])
        .ignore()
        .returning('id')
      if (inserted.length !== 1) throw new Conflict(`${kind} ${id} exists`)
      return
    }
    const changed = await unit
      .trx('record')
      .where({ kind, id, version: version - 1 })
      .update({ version, body, mac })
    if (changed !== 1) throw new Conflict(`${kind} ${id} is not at version ${version - 1}`)
  }

  /** Throws Conflict unless `stored` is still the newest version, in this transaction. */
  async requireCurrent(unit: Unit, stored: Stored<RecordKind>): Promise<void> {
    const { kind, id, version } = stored
    const row: unknown = await unit.trx('record').where({ kind, id, version }).first('version')
    if (row === undefined) throw new Conflict(`${kind} ${id} is not at version ${version}`)
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
    return { kind, id, version, owner, body, mac }
  }

  async #open<K extends RecordKind>(kind: K, row: Row): Promise<Stored<K>> {
    const cacheKey = `${kind}/${row.id}`
    const known = this.#verified.get(cacheKey)
    if (known?.mac.equals(row.mac) && known.stored.version === row.version) {
      // Same kind, id, version and MAC: what was verified before. The body in the row is not even looked at.
      return known.stored as Stored<K> // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
    }
    await this.#requireNotOlder(row, known?.stored.version ?? 0)
    const expected = await this.#mac(kind, row.id, row.version, row.body)
    if (row.mac.length !== expected.length || !timingSafeEqual(row.mac, expected))
      throw this.#failure(`MAC of ${cacheKey} version ${row.version}`)
    const stored: Stored<K> = { kind, id: row.id, version: row.version, value: this.#parse(kind, row) }
    if (this.#verified.size >= CACHE_LIMIT) this.#verified.clear()
    this.#verified.set(cacheKey, { mac: row.mac, stored })
    return stored
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

function codecOf<K extends RecordKind>(kind: K): Codec<RecordOf<K>> {
  // The table's entry of this very kind; TypeScript loses the link between key and value type here.
  return RECORD_KINDS[kind] as unknown as Codec<RecordOf<K>> // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
}

/** What a codec writes is JSON without null and floats: the canonical form takes it, and checks numbers itself. */
function canonical(value: unknown): Canonical {
  return value as Canonical // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
}
