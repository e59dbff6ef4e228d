import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { logOutput } from './adapters/logOutput.ts'
import { DatabaseNotReady } from './adapters/db/open.ts'
import { ConfigError, loadConfig } from './config.ts'
import { startSsa } from './start.ts'

/** Exit code that tells a supervisor not to start the process again. */
const DO_NOT_RESTART = 78

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' }, check: { type: 'boolean' } } })
  if (values.config === undefined) throw new ConfigError('usage: main --config ssa.yaml [--check]')
  const config = loadConfig(values.config)
  if (values.check === true) {
    process.stdout.write(`${values.config}: ok\n`)
    return
  }
  const log = pino({ name: 'ssa', base: { node: config.node } }, logOutput())
  const ssa = await startSsa(config, { log })
  let isStopping = false
  const stop = (signal: string): void => {
    if (isStopping) return
    isStopping = true
    log.info({ event: 'stopping', signal }, 'stopping')
    void ssa.close().finally(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  log.info({ event: 'ready', ...ssa.ports, publicUrl: config.publicUrl }, 'ready')
  process.send?.({ event: 'ready' })
}

main().catch((error: unknown) => {
  const isFinal = error instanceof ConfigError || error instanceof DatabaseNotReady
  process.stderr.write(
    `${error instanceof Error ? (isFinal ? error.message : (error.stack ?? '')) : 'failed'}\n`,
  )
  process.exitCode = isFinal ? DO_NOT_RESTART : 1
})
