import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { existsSync, realpathSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { TokenUnfit, WrongPin } from '../hsm/errors.ts'
import { initToken, openToken, type Token, type TokenConfig } from '../hsm/token.ts'
import { createAuthorityKeys, findAuthorityKeys } from './authorityKeys.ts'
import { ConfigError, loadConfig, type CaConfig } from './config.ts'
import { Journal } from './journal/journal.ts'
import { makeAuthorities } from './makeAuthorities.ts'
import { readAuthority } from './pki/readAuthority.ts'
import { insertAuthority, readAuthorities } from './state/authorities.ts'
import { createDatabase, type Database } from './state/open.ts'

const log = pino({ name: 'ca provision' })

/** A data object in the token: SHA-256 of the root certificate, once it is in the database. */
const MARK = 'chancery-ca-root'

/**
 * Makes what a new CA needs: token, root and issuing key, their certificates, database, and `root.crt` and
 * `issuing.crt` (PEM) in its folder. Goes on where an earlier run stopped, and changes nothing that is there. Token
 * and database belong together: if one of a finished pair is missing, no new one is made.
 */
export async function provision(config: CaConfig, now: () => number = Date.now): Promise<void> {
  const isNew = !existsSync(config.database.file)
  const token = await openOrInit({ ...config.hsm, tokenLabel: config.hsm.token }, isNew)
  try {
    const mark = await token.readData(MARK)
    if (isNew && mark !== undefined)
      throw new ConfigError('database.file: is missing, but the token knows of one; restore it from a backup')
    const { root, issuing } = await authorities(config, token, now)
    const expected = createHash('sha256').update(root).digest()
    if (mark === undefined) await token.writeData(MARK, expected)
    else if (!mark.equals(expected)) throw new ConfigError('database.file: is that of another CA')
    writeCertificate(join(config.folder, 'root.crt'), root)
    writeCertificate(join(config.folder, 'issuing.crt'), issuing)
  } finally {
    await token.close()
  }
}

async function openOrInit(config: TokenConfig, isNew: boolean): Promise<Token> {
  try {
    return await openToken(config)
  } catch (error) {
    // A CA with a database has a token somewhere: another one would be another CA.
    if (!(error instanceof TokenUnfit) || !isNew) throw error
    // The security officer's PIN is not needed again: whoever wants another token makes a new one.
    const soPin = Buffer.from(randomBytes(16).toString('hex'))
    // Refused if the token is there: then the first error says what is wrong with it.
    await initToken({ ...config, soPin }).catch((refused: unknown) => {
      throw refused instanceof TokenUnfit ? error : refused
    })
  }
  return openToken(config)
}

interface AuthorityCertificates {
  readonly root: Buffer
  readonly issuing: Buffer
}

/** DER of the CA's own certificates, from the database, or made and put there. */
async function authorities(
  config: CaConfig,
  token: Token,
  now: () => number,
): Promise<AuthorityCertificates> {
  const knex = await createDatabase(config.database.file)
  try {
    const { root, issuing } = await readAuthorities(knex)
    if (root === undefined || issuing === undefined) return await newAuthorities({ config, token, now, knex })
    const keys = await findAuthorityKeys(token, config.issuing)
    readAuthority(issuing, keys.issuing, root)
    return { root, issuing }
  } finally {
    await knex.destroy()
  }
}

async function newAuthorities(deps: {
  readonly config: CaConfig
  readonly token: Token
  readonly knex: Database
  now(): number
}): Promise<AuthorityCertificates> {
  const { config, token, knex } = deps
  const keys = await createAuthorityKeys(token, config.issuing)
  const made = await makeAuthorities({ hsm: token, keys, config, now: () => deps.now() })
  readAuthority(made.issuing, keys.issuing, made.root)
  const journal = new Journal({ node: config.node, now: () => deps.now() })
  await knex.transaction(async (trx) => {
    await insertAuthority(trx, 'root', made.root)
    await insertAuthority(trx, 'issuing', made.issuing)
    await journal.record(trx, {
      type: 'CA_PROVISIONED',
      fields: { rootSha256: sha256(made.root), issuingSha256: sha256(made.issuing) },
    })
  })
  return made
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** PEM, whole or not at all. */
function writeCertificate(file: string, der: Buffer): void {
  writeFileSync(`${file}.new`, new X509Certificate(der).toString(), { mode: 0o644 })
  renameSync(`${file}.new`, file)
}

async function main(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--config')
  const file = at < 0 ? undefined : args[at + 1]
  // What is made here is the CA's alone.
  process.umask(0o077)
  if (file === undefined) throw new ConfigError('usage: ca provision --config <ca.yaml>')
  await provision(loadConfig(file))
  log.info({ event: 'provisioned', file })
}

if (process.argv[1] !== undefined && import.meta.filename === realpathSync(process.argv[1]))
  main(process.argv.slice(2)).catch((error: unknown) => {
    const isKnown = error instanceof ConfigError || error instanceof WrongPin || error instanceof TokenUnfit
    log.fatal(isKnown ? { event: 'failed' } : { event: 'failed', err: error }, String(error))
    process.exit(isKnown ? 78 : 1)
  })
