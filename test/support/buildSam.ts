import { pino } from 'pino'
import { openToken, type Token } from '../../hsm/token.ts'
import type { ClockSources } from '../../sam/clock.ts'
import { loadConfig, type SamConfig } from '../../sam/config.ts'
import type { SamDeps } from '../../sam/deps.ts'
import { openSam } from '../../sam/openSam.ts'
import { provision } from '../../sam/provision.ts'
import { startServer } from '../../sam/server.ts'
import { makeSamFolder, type SamClient, type SamFolder, type SamFolderOptions } from './samFolder.ts'

export type { Delivered, SamClient } from './samFolder.ts'
export { makeSigner, newRequestId, type TestSigner, type TestSignerOptions } from './testSigner.ts'

/** A real SAM in this process: real SoftHSM, SQLite, TLS over a Unix socket. */
export interface TestSam extends SamFolder {
  readonly config: SamConfig
  readonly deps: SamDeps
  readonly ssa: SamClient
  readonly ra: SamClient
  readonly ca: SamClient
  readonly officer: SamClient
  /** The code of the newest message that has one. */
  lastCode(): Promise<string>
  /** Stops the SAM; the folder stays. */
  stop(): Promise<void>
  /** Opens it again from the same folder, in a new incarnation. */
  start(clockSources?: ClockSources): Promise<void>
}

export interface BuildSamOptions extends SamFolderOptions {
  readonly clockSources?: ClockSources
}

export async function buildSam(options: BuildSamOptions = {}): Promise<TestSam> {
  const site = await makeSamFolder(options)
  const { configFile } = site
  await provision(loadConfig(configFile))
  let running = await startSam(loadConfig(configFile), options.clockSources)
  const clients = {
    ssa: site.client('ssa'),
    ra: site.client('ra'),
    ca: site.client('ca'),
    officer: site.client('officer'),
  }
  let isRunning = true
  const stop = async (): Promise<void> => {
    if (!isRunning) return
    isRunning = false
    await running.stop()
  }
  return {
    ...site,
    ...clients,
    get config() {
      return running.deps.config
    },
    get deps() {
      return running.deps
    },
    async lastCode() {
      const codes = (await site.outbox()).filter((message) => message.code !== undefined)
      const code = codes.at(-1)?.code
      if (code === undefined) throw new Error('no code was delivered')
      return code
    },
    stop,
    async start(clockSources) {
      running = await startSam(loadConfig(configFile), clockSources)
      isRunning = true
    },
    async dispose() {
      await Promise.all(Object.values(clients).map((each) => each.close()))
      await stop()
      await site.dispose()
    },
  }
}

interface Running {
  readonly deps: SamDeps
  stop(): Promise<void>
}

async function startSam(config: SamConfig, clockSources: ClockSources | undefined): Promise<Running> {
  const token: Token = await openToken({ ...config.hsm, tokenLabel: config.hsm.token })
  const sam = await openSam({ config, token, clockSources }).catch(async (error: unknown) => {
    await token.close()
    throw error
  })
  const server = await startServer(sam.deps, pino({ level: 'silent' }))
  return {
    deps: sam.deps,
    async stop() {
      await server.stop()
      await sam.close()
    },
  }
}
