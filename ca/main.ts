import { pino } from 'pino'
import { TokenUnfit, WrongPin } from '../hsm/errors.ts'
import { openToken } from '../hsm/token.ts'
import { endAtOnce, endIfStuck } from '../hsm/endIfStuck.ts'
import { LOST_AFTER_LIMITS } from '../hsm/sessionPool.ts'
import { ConfigError, loadConfig, type CaConfig } from './config.ts'
import { JournalBroken } from './journal/journal.ts'
import { openCa } from './openCa.ts'
import { startServer } from './server.ts'

/** Not to be started again as it is: configuration, PIN, token or journal are wrong. */
const DO_NOT_RESTART = 78
const FINAL = [ConfigError, WrongPin, TokenUnfit, JournalBroken] as const

const log = pino({ name: 'ca' })

async function main(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--config')
  const file = at < 0 ? undefined : args[at + 1]
  if (file === undefined) throw new ConfigError('usage: ca --config <ca.yaml> [--check]')
  const config = loadConfig(file)
  if (args.includes('--check')) {
    log.info({ event: 'checked', file }, 'the configuration is good')
    return
  }
  await run(config)
}

async function run(config: CaConfig): Promise<void> {
  endIfStuck('ca', LOST_AFTER_LIMITS * config.hsm.callSeconds)
  const token = await openToken({ ...config.hsm, tokenLabel: config.hsm.token, onLost })
  const ca = await openCa({ config, token, now: () => Date.now() })
  const server = await startServer(ca, config, log)
  let isStopping = false
  const stop = (reason: string): void => {
    if (isStopping) return
    isStopping = true
    log.info({ event: 'stopping', reason })
    void server
      .stop()
      .then(() => ca.close())
      .then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.once('disconnect', () => {
    stop('the supervisor is gone')
  })
  log.info({ event: 'ready', node: config.node, acceptedProfiles: config.acceptedProfiles })
  process.send?.({ event: 'ready' })
}

function onLost(): void {
  log.fatal({ event: 'lost' }, 'a call into the PKCS#11 module does not come back: this process ends')
  endAtOnce()
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isFinal = FINAL.some((type) => error instanceof type)
  if (isFinal && error instanceof Error) log.fatal({ event: 'not started' }, error.message)
  else log.fatal({ event: 'not started', err: error })
  process.exit(isFinal ? DO_NOT_RESTART : 1)
})
