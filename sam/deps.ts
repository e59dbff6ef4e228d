import type { Hsm, InfrastructureKey } from '../hsm/hsm.ts'
import type { Channels } from './channels/channels.ts'
import type { Clock } from './clock.ts'
import type { SamConfig } from './config.ts'
import type { Ledger } from './activation/ledger.ts'
import type { Checkpointer } from './journal/checkpoint.ts'
import type { Lockdown } from './lockdown.ts'
import type { SamState } from './samState.ts'
import type { Gathering } from '../store/gathering.ts'
import type { Database } from './state/open.ts'
import type { Records } from './state/records.ts'
import type { Writer } from './state/writer.ts'

/** The SAM's own keys in the token, one for each purpose. */
export interface SamKeys {
  /** Wraps signing keys; may wrap and unwrap only. */
  readonly wrap: InfrastructureKey
  /** MAC over records and ledger rows. */
  readonly mac: InfrastructureKey
  /** MAC over one-time codes. */
  readonly otp: InfrastructureKey
  /** Pepper of PINs. */
  readonly pepper: InfrastructureKey
  /** Seals TOTP secrets. */
  readonly seal: InfrastructureKey
  /** Signs attestations. */
  readonly identity: InfrastructureKey
  /** Signs journal checkpoints. */
  readonly audit: InfrastructureKey
}

/** Everything an operation may take. Made once, in `openSam.ts`. */
export interface SamDeps {
  readonly config: SamConfig
  readonly clock: Clock
  readonly hsm: Hsm
  readonly keys: SamKeys
  readonly database: Database
  /** Reads that are asked for at the same time go as one statement. */
  readonly reads: Gathering
  readonly writer: Writer
  readonly records: Records
  readonly ledger: Ledger
  readonly checkpointer: Checkpointer
  readonly state: SamState
  readonly lockdown: Lockdown
  readonly channels: Channels
  /** PEM certificates that a signer's chain must end at. */
  readonly trustedIssuers: readonly Buffer[]
  /** Of this process: a new one at each start. */
  readonly incarnation: string
}
