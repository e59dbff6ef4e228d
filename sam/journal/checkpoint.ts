import { createHash } from 'node:crypto'
import type { Knex } from 'knex'
import type { Hsm, InfrastructureKey } from '../../hsm/hsm.ts'
import { fieldBytes } from '../state/fieldBytes.ts'
import type { JournalHead } from './journalRow.ts'

/** A point of a node's chain. The token keeps the newest, so that an older database shows. */
export interface Checkpoint {
  readonly sequence: number
  readonly chain: Buffer
}

interface Deps {
  readonly hsm: Pick<Hsm, 'readData' | 'writeData' | 'signWithResident'>
  readonly auditKey: InfrastructureKey
  readonly knex: Knex
  /** The chain's name. */
  chain(): string
  /** The last durable entry. */
  head(): JournalHead
  now(): number
}

const label = (chain: string): string => `chancery-checkpoint-${chain}`

/** The checkpoint in the token; undefined before the first. */
export async function readCheckpoint(
  hsm: Pick<Hsm, 'readData'>,
  chain: string,
): Promise<Checkpoint | undefined> {
  const value = await hsm.readData(label(chain))
  if (value?.length !== 40) return undefined
  return { sequence: Number(value.readBigUInt64BE(0)), chain: value.subarray(8) }
}

/**
 * Signs where the chain stands in the HSM (ECDSA P-256 over SHA-256 of chain name, sequence, chain, time), keeps the
 * signature in the database, then puts number and hash into the token: database first, token second. One at a time;
 * calls that come meanwhile share the next one.
 */
export class Checkpointer {
  readonly #deps: Deps
  #last = { chain: '', sequence: 0 }
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Resolves when the token holds a checkpoint at or after everything that was durable at the call. */
  make(): Promise<void> {
    if (this.#running === undefined) return (this.#running = this.#run())
    this.#next ??= this.#running.then(
      () => this.#startNext(),
      () => this.#startNext(),
    )
    return this.#next
  }

  #startNext(): Promise<void> {
    this.#next = undefined
    return (this.#running = this.#run())
  }

  async #run(): Promise<void> {
    try {
      await this.#write(this.#deps.head())
    } finally {
      this.#running = undefined
    }
  }

  #isDone(head: JournalHead): boolean {
    return this.#last.chain === this.#deps.chain() && this.#last.sequence === head.sequence
  }

  async #write(head: JournalHead): Promise<void> {
    if (this.#isDone(head)) return
    const { hsm, auditKey, knex } = this.#deps
    const chain = this.#deps.chain()
    const time = this.#deps.now()
    const digest = createHash('sha256')
      .update(fieldBytes(['chancery-checkpoint-1', chain, head.sequence, head.chain, time]))
      .digest()
    const signature = await hsm.signWithResident(auditKey, { name: 'ecdsa', digest: 'sha256' }, digest)
    const row = { node: chain, sequence: head.sequence, chain: head.chain, time, signature }
    // It is there already if the token failed to take it the last time.
    await knex('checkpoint').insert(row).onConflict(['node', 'sequence']).ignore()
    const value = Buffer.alloc(40)
    value.writeBigUInt64BE(BigInt(head.sequence), 0)
    head.chain.copy(value, 8)
    await hsm.writeData(label(chain), value)
    this.#last = { chain, sequence: head.sequence }
  }
}
