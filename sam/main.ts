import { pino } from 'pino'
import { openToken } from '../hsm/token.ts'
import { endAtOnce, endIfStuck } from '../hsm/endIfStuck.ts'
import { LOST_AFTER_LIMITS } from '../hsm/sessionPool.ts'
import { TokenUnfit, WrongPin } from '../hsm/errors.ts'
import { ConfigError, loadConfig, type SamConfig } from './config.ts'
import { openSam } from './openSam.ts'
import { startServer } from './server.ts'
import { startUpkeep } from './upkeep.ts'

/** Not to be started again as it is: the configuration is wrong, the PIN is, or the token needs an operator. */
const DO_NOT_RESTART = 78

const log = pino({ name: 'sam' })

async function main(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--config')
  const file = at < 0 ? undefined : args[at + 1]
  if (file === undefined) throw new ConfigError('usage: sam --config <sam.yaml> [--check]')
  const config = loadConfig(file)
  if (args.includes('--check')) {
    log.info({ event: 'checked', file }, 'the configuration is good')
    return
  }
  await run(config)
}

async function run(config: SamConfig): Promise<void> {
  endIfStuck('sam', LOST_AFTER_LIMITS * config.hsm.callSeconds)
  const token = await openToken({ ...config.hsm, tokenLabel: config.hsm.token, onLost })
  const sam = await openSam({ config, token })
  const server = await startServer(sam.deps, log)
  const stop = (signal: string, code = 0): void => {
    log.info({ event: 'stopping', signal })
    void server
      .stop()
      .then(() => upkeep.stop())
      .then(() => sam.close())
      .then(() => process.exit(code))
  }
  // The supervisor starts another process, which checks the time against the journal.
  const upkeep = startUpkeep(sam.deps, log, () => {
    stop('the wall clock was stepped', 1)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      stop(signal)
    })
  process.once('disconnect', () => {
    stop('the supervisor is gone')
  })
  const { profile, node, channels } = config
  if (channels.webhook !== undefined)
    log.info(
      { event: 'egress', listed: channels.webhook.listed },
      'webhooks: public addresses only, and these',
    )
  log.info({ event: 'ready', node, profile, state: sam.deps.state.name() }, `SAM, profile ${profile}`)
  process.send?.({ event: 'ready' })
}

function onLost(): void {
  log.fatal({ event: 'lost' }, 'a call into the PKCS#11 module does not come back: this process ends')
  endAtOnce()
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isFinal = error instanceof ConfigError || error instanceof WrongPin || error instanceof TokenUnfit
  if (isFinal) log.fatal({ event: 'not started' }, error.message)
  else log.fatal({ event: 'not started', err: error })
  process.exit(isFinal ? DO_NOT_RESTART : 1)
})
