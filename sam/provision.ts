import { createPublicKey, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { TokenUnfit } from '../hsm/errors.ts'
import { initToken, openToken, type Token, type TokenConfig } from '../hsm/token.ts'
import { nameOfDatabase } from '../store/databaseConfig.ts'
import { storeExists } from '../store/openStore.ts'
import { ConfigError, loadConfig, type SamConfig } from './config.ts'
import { readCheckpoint } from './journal/checkpoint.ts'
import { currentChain } from './journal/tokenMarks.ts'
import { createSamKeys, findSamKeys } from './keys.ts'
import { openSam } from './openSam.ts'
import { enrolPeers, readPeers } from './peers.ts'
import { createDatabase } from './state/open.ts'

const log = pino({ name: 'sam provision' })

/**
 * Makes what a new SAM needs: token, keys, database, register of peers, and `identity.pem` for those who check its
 * attestations. Goes on where an earlier run stopped. A token that has a checkpoint, without its database, is never
 * given an empty one: that would be a rollback.
 */
export async function provision(config: SamConfig): Promise<void> {
  const token = await openOrInit({ ...config.hsm, tokenLabel: config.hsm.token })
  try {
    if (!(await storeExists(config.database))) {
      if ((await readCheckpoint(token, await currentChain(token, config.node))) !== undefined)
        throw new ConfigError(
          `${nameOfDatabase(config.database)} is missing, but the token knows of one; restore it from a backup`,
        )
      // Before the database, which needs them: once it is there, a key that is missing is lost, not new.
      await createSamKeys(token)
      await createDatabase(config.database)
    }
    await writeIdentity(token, config)
  } catch (error) {
    await token.close()
    throw error
  }
  const sam = await openSam({ config, token })
  try {
    if ((await readPeers(sam.deps)).size === 0) await enrolPeers(sam.deps, config.peers)
  } finally {
    await sam.close()
  }
}

async function openOrInit(config: TokenConfig): Promise<Token> {
  try {
    return await openToken(config)
  } catch (error) {
    if (!(error instanceof TokenUnfit)) throw error
    // Refused if there is a token of that name: then the first error tells what is wrong with it.
    // The security officer's PIN is not needed again: whoever wants another token makes a new one.
    const soPin = Buffer.from(randomBytes(16).toString('hex'))
    await initToken({ ...config, soPin }).catch((refused: unknown) => {
      throw refused instanceof TokenUnfit ? error : refused
    })
  }
  return openToken(config)
}

async function writeIdentity(token: Token, config: SamConfig): Promise<void> {
  const { identity } = await findSamKeys(token)
  const key = createPublicKey({ key: await token.publicKeyOf(identity), format: 'der', type: 'spki' })
  writeFileSync(join(config.folder, 'identity.pem'), key.export({ type: 'spki', format: 'pem' }), {
    mode: 0o644,
  })
}

async function main(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--config')
  const file = at < 0 ? undefined : args[at + 1]
  // What is made here is the SAM's alone.
  process.umask(0o077)
  if (file === undefined) throw new ConfigError('usage: sam provision --config <sam.yaml>')
  await provision(loadConfig(file))
  log.info({ event: 'provisioned', file })
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1])
  main(process.argv.slice(2)).catch((error: unknown) => {
    log.fatal(
      error instanceof ConfigError ? { event: 'failed' } : { event: 'failed', err: error },
      String(error),
    )
    process.exit(error instanceof ConfigError ? 78 : 1)
  })
