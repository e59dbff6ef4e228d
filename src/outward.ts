import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createEgress, type Egress } from '../egress/egress.ts'
import { listedPair } from '../egress/destination.ts'
import { createTimestampAuthority } from './adapters/pki/timestamp/timestampAuthority.ts'
import { ConfigError, type SsaConfig } from './config.ts'
import type { Clock } from './domain/time.ts'
import type { Log } from './ports/log.ts'
import type { TimestampAuthority } from './ports/timestampAuthority.ts'

export interface Outward {
  /** To what clients name. */
  readonly callbacks: Egress
  readonly timestamps: TimestampAuthority | undefined
}

/** The ways out of this process, each with exceptions of its own, which are named in the log. */
export function createOutward(
  config: SsaConfig,
  deps: {
    readonly clock: Clock
    readonly log: Log
    readonly nameServers?: readonly string[] | undefined
  },
): Outward {
  const { callbacks, egress, timestamp } = config
  const lists = { callbacks: callbacks.listed, timestamp: timestamp?.listed ?? [] }
  deps.log.info({ event: 'egress', ...lists }, 'public addresses only, and these')
  const authorities =
    egress.authorities === undefined ? undefined : pemOf('egress.authorities', egress.authorities)
  const wayTo = (listed: readonly string[]): Egress =>
    createEgress({
      listed: new Set(listed.map((pair) => listedPair(pair)).filter((pair) => pair !== undefined)),
      authorities,
      ...(deps.nameServers === undefined ? {} : { nameServers: deps.nameServers }),
    })
  return {
    callbacks: wayTo(lists.callbacks),
    timestamps: timestamp && timestampsOver(wayTo(lists.timestamp), timestamp, deps.clock),
  }
}

function timestampsOver(
  egress: Egress,
  timestamp: NonNullable<SsaConfig['timestamp']>,
  clock: Clock,
): TimestampAuthority {
  const { url, policy, withinSeconds } = timestamp
  const anchors = certificatesIn('timestamp.authority', timestamp.authority)
  return createTimestampAuthority({ egress, clock }, { url, anchors, policy, within: withinSeconds * 1000 })
}

/** A PEM file that was found to hold certificates. */
function pemOf(key: string, file: string): string {
  certificatesIn(key, file)
  return readFileSync(file, 'utf8')
}

/** Certificates of a PEM file, as DER. Throws ConfigError where there is none or one cannot be read. */
function certificatesIn(key: string, file: string): readonly Buffer[] {
  const text = readFileSync(file, 'utf8')
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block).raw)
  } catch {
    // Named below.
  }
  throw new ConfigError(`${key}: ${file}: no PEM certificates`)
}
