import { digestByOid } from '../../../sap/algorithms.ts'
import { Refusal } from '../../domain/errors.ts'
import type { Caller } from '../../domain/principal.ts'
import type { TimestampAuthority } from '../../ports/timestampAuthority.ts'
import { contextOf, type Deps } from '../deps.ts'

export interface TimestampInput {
  readonly caller: Caller
  readonly hash: Buffer
  /** OID. */
  readonly hashAlgorithm: string
  readonly nonce: bigint | undefined
}

/**
 * CSC API v1.0.4.0 §11.10, v2.0.0.2 §11.13: a time-stamp token over a hash, from the configured authority. Throws Refusal
 * `timestamp_algorithm_invalid`, `digest_length_invalid`, `unavailable`.
 */
export async function timestamp(
  deps: Pick<Deps, 'audit'>,
  authority: TimestampAuthority,
  input: TimestampInput,
): Promise<Buffer> {
  const { caller, hash, hashAlgorithm, nonce } = input
  const digest = digestByOid(hashAlgorithm)
  if (digest === undefined) throw new Refusal('timestamp_algorithm_invalid')
  if (hash.length !== digest.length) throw new Refusal('digest_length_invalid')
  const token = await authority.stamp({ userId: caller.userId, hash, hashAlgorithm, nonce })
  await deps.audit.record({ ...contextOf(caller), type: 'timestamped', hashAlgorithm })
  return token
}
