import { readFileSync } from 'node:fs'
import type { Hsm, KeyStore } from '../hsm/hsm.ts'
import { SAM_OPERATIONS } from '../sap/operations.ts'
import { createOperationClient } from '../sap/transport/client.ts'
import { findAuthorityKeys } from './authorityKeys.ts'
import { ConfigError, type CaConfig } from './config.ts'
import type { CaDeps } from './deps.ts'
import { Journal, JournalBroken } from './journal/journal.ts'
import { readAuthority } from './pki/readAuthority.ts'
import { readAuthorities } from './state/authorities.ts'
import { Certificates } from './state/certificates.ts'
import { openDatabase, type Database } from './state/open.ts'

export interface Ca {
  readonly deps: CaDeps
  readonly knex: Database
  /** Closes the connection to the SAM, the database and the token. */
  close(): Promise<void>
}

interface OpenCaOptions {
  readonly config: CaConfig
  readonly token: Hsm & KeyStore
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Puts a CA together: keys and certificates fit each other, the journal is the one that was written, what an earlier
 * process left open is settled. Throws TokenUnfit, ConfigError, JournalBroken: an operator must look. The token stays
 * the caller's if it throws.
 */
export async function openCa(options: OpenCaOptions): Promise<Ca> {
  const { config } = options
  const samIdentityKey = readConfigured('sam.identityKey', config.sam.identityKey)
  const tls = tlsOf(config)
  const knex = await openDatabase(config.database.file)
  try {
    const { issuing, journal, certificates } = await begin(options, knex)
    const { url, socketPath } = config.sam
    const sam = createOperationClient({ operations: SAM_OPERATIONS, url, socketPath, tls, connections: 2 })
    const now = (): number => options.now()
    const hsm = options.token
    return {
      deps: { config, now, hsm, issuing, sam, samIdentityKey, certificates, journal },
      knex,
      async close() {
        await sam.close()
        await note(knex, journal, 'CA_STOPPED', config.node)
        await knex.destroy()
        await hsm.close()
      },
    }
  } catch (error) {
    await knex.destroy()
    throw error
  }
}

async function begin(
  { config, token, now }: OpenCaOptions,
  knex: Database,
): Promise<Pick<CaDeps, 'issuing' | 'journal' | 'certificates'>> {
  const keys = await findAuthorityKeys(token, config.issuing)
  const { root, issuing } = await readAuthorities(knex)
  if (root === undefined || issuing === undefined)
    throw new ConfigError('database.file: holds no certificate of this CA; provision it first')
  const authority = readAuthority(issuing, keys.issuing, root)
  const journal = new Journal({ node: config.node, now })
  if ((await journal.verify(knex)) === 0) throw new JournalBroken('the journal is empty')
  const certificates = new Certificates({ knex, journal })
  await certificates.abandonEarlier()
  await note(knex, journal, 'CA_STARTED', config.node)
  return { issuing: { ...authority, key: keys.issuing.key }, journal, certificates }
}

async function note(
  knex: Database,
  journal: Journal,
  type: 'CA_STARTED' | 'CA_STOPPED',
  node: string,
): Promise<void> {
  await knex.transaction(async (trx) => {
    await journal.record(trx, { type, fields: { node } })
  })
}

/** PEM of its own certificate and key, and of the authority of its peers. */
export function tlsOf(config: CaConfig): {
  readonly cert: string
  readonly key: string
  readonly ca: string
} {
  const { certificate, key, authority } = config.tls
  return {
    cert: readConfigured('tls.certificate', certificate),
    key: readConfigured('tls.key', key),
    ca: readConfigured('tls.authority', authority),
  }
}

/** Text of a file that the configuration names. Throws ConfigError with the key. */
export function readConfigured(key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`${key}: the file cannot be read`, { cause: error })
  }
}
