import { randomBytes } from 'node:crypto'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findSoftHsmModule } from '../../hsm/softHsmModule.ts'
import { initToken, type TokenConfig } from '../../hsm/token.ts'

export interface SoftHsm {
  /** Path of the PKCS#11 module. */
  readonly module: string
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
  dispose(): Promise<void>
}

/**
 * A SoftHSM token folder of its own. SoftHSM reads its configuration only at C_Initialize, so all tokens open at one
 * time in one process must come from one `makeSoftHsm`; make several tokens in it, or close the one before the next.
 */
export async function makeSoftHsm(): Promise<SoftHsm> {
  const module = findSoftHsmModule()
  if (module === undefined) throw new Error('SoftHSM is not installed: apt-get install softhsm2')
  const folder = await mkdtemp(join(tmpdir(), 'chancery-softhsm-'))
  const tokens = join(folder, 'tokens')
  const configuration = join(folder, 'softhsm2.conf')
  await mkdir(tokens, { mode: 0o700 })
  await writeFile(
    configuration,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  )
  return {
    module,
    environment: { SOFTHSM2_CONF: configuration },
    folder,
    dispose: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A new token with a random PIN. The answer is ready for `openToken`. */
export async function makeToken(softHsm: SoftHsm, label: string): Promise<TokenConfig> {
  const pinFile = join(softHsm.folder, `${label}.pin`)
  await writeFile(pinFile, `${randomBytes(12).toString('hex')}\n`, { mode: 0o600 })
  const common = { module: softHsm.module, environment: softHsm.environment, tokenLabel: label, pinFile }
  await initToken({ ...common, soPin: Buffer.from(randomBytes(12).toString('hex')) })
  return { ...common, sessions: 4, loginGuardFile: join(softHsm.folder, `${label}.refused`) }
}
