import { mkdtempSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { connectCsc } from '../client/csc/connectCsc.ts'
import { readConnection } from '../client/connection.ts'
import { CannotStart } from '../scripts/setup/cannotStart.ts'
import type { RunningSet } from '../scripts/runSet.ts'
import { enrolSigners } from './enrolSigners.ts'
import { measureRaw } from './measureRaw.ts'
import { measureService, type Load, type Service } from './measureService.ts'
import { BENCH_KEY_TYPES, benchOptions, type BenchKeyType, type BenchOptions } from './options.ts'
import { linesOf, tableOf, type Measurement } from './report.ts'
import { startBenchSet } from './startBenchSet.ts'

/** `npm run bench`: the token by itself, then the whole service on the same machine in the same run. */
const BATCH = 100
const BATCHES_IN_FLIGHT = 2
/** Authorizations, each with one signature, before anything is measured. */
const WARM_UP = 600
const WARM_UP_WIDTH = 16
const SINGLE_WIDTHS = [8, 16, 32] as const

const started = performance.now()

function progress(line: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(0).padStart(4)
  process.stderr.write(`${seconds} s  ${line}\n`)
}

async function bench(options: BenchOptions): Promise<void> {
  // What else keeps the machine busy: the ratios of a busy machine are worth less.
  const [load = 0] = loadavg()
  progress(`load average before: ${load.toFixed(1)}`)
  const { set, end } = await startBenchSet({ keep: options.keep, say: progress })
  const stop = (): void => {
    void end().then(() => process.exit(130))
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    const measurements = await measureAll(set, options)
    const lines = linesOf(measurements)
    process.stdout.write(`\n${tableOf(lines)}\n\n`)
    const file = resolve(options.json ?? join(mkdtempSync(join(tmpdir(), 'chancery-bench-')), 'bench.json'))
    const machine = {
      cpu: cpus()[0]?.model ?? '',
      cores: cpus().length,
      node: process.version,
      loadBefore: load,
    }
    const result = { time: new Date().toISOString(), machine, options, lines }
    writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`)
    process.stdout.write(`JSON: ${file}\n`)
  } finally {
    await end()
  }
}

async function measureAll(set: RunningSet, options: BenchOptions): Promise<readonly Measurement[]> {
  const client = await connectCsc(await readConnection(set.data.connection), 'v1')
  try {
    const signers = await enrolSigners({ data: set.data, client, progress }, options.credentials)
    const service: Service = {
      signers,
      outbox: join(set.data.area.sam, 'outbox'),
      processes: processesOf(set),
      progress,
    }
    const measurements: Measurement[] = []
    for (const keyType of BENCH_KEY_TYPES)
      measurements.push(...(await measureKeyType({ service, options }, keyType)))
    return measurements
  } finally {
    await client.close()
  }
}

/** The raw figures before and after: a machine that others use too is not the same all the time. */
async function measureKeyType(
  { service, options }: { readonly service: Service; readonly options: BenchOptions },
  keyType: BenchKeyType,
): Promise<readonly Measurement[]> {
  const raw = async (): Promise<readonly Measurement[]> => {
    progress(`${keyType}: the token by itself`)
    return measureRaw(keyType, options.rawSeconds)
  }
  const single = (width: number): Load => ({
    keyType,
    way: 'authorize + sign one',
    width,
    hashesEach: 1,
    authorizations: options.credentials[keyType] * options.rounds,
  })
  const before = await raw()
  // Neither the JavaScript that is compiled with use, nor caches that are still empty, shall count.
  progress(`${keyType}: warming up, not counted`)
  await measureService(service, { ...single(WARM_UP_WIDTH), authorizations: WARM_UP })
  const measured: Measurement[] = []
  for (const width of SINGLE_WIDTHS) measured.push(await measureService(service, single(width)))
  measured.push(
    await measureService(service, {
      keyType,
      way: 'authorize + sign 100',
      width: BATCHES_IN_FLIGHT,
      hashesEach: BATCH,
      authorizations: options.batches,
    }),
  )
  return [...before, ...measured, ...(await raw())]
}

function processesOf(set: RunningSet): Readonly<Record<string, number>> {
  const pidOf = (name: string): number => {
    const pid = set.pidOf(name)
    if (pid === undefined) throw new Error(`${name} does not run`)
    return pid
  }
  return { sam: pidOf('sam'), ssa: pidOf('ssa'), 'bench and supervisor': process.pid }
}

try {
  await bench(benchOptions(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof CannotStart)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
