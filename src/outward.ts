import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createEgress, type Egress } from '../egress/egress.ts'
import { listedPair } from '../egress/destination.ts'
import { createTimestampAuthority } from './adapters/pki/timestamp/timestampAuthority.ts'
import { ConfigError, type SsaConfig } from './config.ts'
import type { Clock } from './domain/time.ts'
import type { Log } from './ports/log.ts'
import type { TimestampAuthority } from './ports/timestampAuthority.ts'

/** The way out of this process, and what lies on it. Names the list of exceptions in the log. */
export function createOutward(
  config: SsaConfig,
  deps: { readonly clock: Clock; readonly log: Log },
): { readonly egress: Egress; readonly timestamps: TimestampAuthority | undefined } {
  const { listed, authorities } = config.egress
  deps.log.info({ event: 'egress', listed }, 'public addresses only, and these')
  const egress = createEgress({
    listed: new Set(listed.map((pair) => listedPair(pair)).filter((pair) => pair !== undefined)),
    authorities: authorities === undefined ? undefined : pemOf('egress.authorities', authorities),
  })
  if (config.timestamp === undefined) return { egress, timestamps: undefined }
  const { url, authority, policy, withinSeconds } = config.timestamp
  const anchors = certificatesIn('timestamp.authority', authority)
  const within = withinSeconds * 1000
  return {
    egress,
    timestamps: createTimestampAuthority({ egress, clock: deps.clock }, { url, anchors, policy, within }),
  }
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
