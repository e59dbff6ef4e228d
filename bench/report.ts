import type { Latency } from './statistics.ts'
import type { BenchKeyType } from './options.ts'

export const WAYS = ['raw sign', 'raw unwrap + sign', 'authorize + sign one', 'authorize + sign 100'] as const
export type Way = (typeof WAYS)[number]

/** One line of the result. */
export interface Measurement {
  readonly keyType: BenchKeyType
  readonly way: Way
  readonly inFlight: number
  readonly signatures: number
  readonly milliseconds: number
  /** By step, milliseconds. */
  readonly steps: Readonly<Record<string, Latency>>
  /** CPU milliseconds by process. */
  readonly cpu: Readonly<Record<string, number>>
}

export interface Line extends Measurement {
  readonly perSecond: number
  /** Rate as a share of the raw figure that it is held against, measured before and after it. */
  readonly ofRaw: { readonly way: Way; readonly share: number } | undefined
  /** CPU of all processes for one signature, milliseconds. */
  readonly cpuEach: number
  /**
   * Raw CPU for one signature as a share of `cpuEach`: what the rate would be a share of if nothing but this used the
   * machine and no core were ever idle. Other load hardly moves it.
   */
  readonly ofRawCpu: number | undefined
}

/** What a way through the service is held against. */
const RIVAL: Readonly<Record<Way, Way | undefined>> = {
  'raw sign': undefined,
  'raw unwrap + sign': undefined,
  'authorize + sign one': 'raw unwrap + sign',
  'authorize + sign 100': 'raw sign',
}

/** Rates, and shares of the raw rate of the same key type: all its raw measurements of this run taken together. */
export function linesOf(measurements: readonly Measurement[]): readonly Line[] {
  return measurements.map((one) => {
    const perSecond = rateOf([one])
    const way = RIVAL[one.way]
    const rivals = measurements.filter((other) => other.keyType === one.keyType && other.way === way)
    const cpuEach = cpuEachOf([one])
    const isHeld = way !== undefined && rivals.length > 0
    return {
      ...one,
      perSecond,
      cpuEach,
      ofRaw: isHeld ? { way, share: perSecond / rateOf(rivals) } : undefined,
      ofRawCpu: isHeld ? cpuEachOf(rivals) / cpuEach : undefined,
    }
  })
}

function rateOf(measurements: readonly Measurement[]): number {
  const signatures = sum(measurements.map((one) => one.signatures))
  return (1000 * signatures) / sum(measurements.map((one) => one.milliseconds))
}

function cpuEachOf(measurements: readonly Measurement[]): number {
  const cpu = measurements.flatMap((one) => Object.values(one.cpu))
  return sum(cpu) / sum(measurements.map((one) => one.signatures))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}

const HEAD = [
  'key',
  'way',
  'in flight',
  'signatures',
  'per second',
  'of raw',
  'of raw, by CPU',
  'p50 / p99 ms',
  'CPU ms each',
]

/** The result as a table in Markdown. */
export function tableOf(lines: readonly Line[]): string {
  const rows = lines.map((line) => [
    line.keyType,
    line.way,
    String(line.inFlight),
    String(line.signatures),
    line.perSecond.toFixed(0),
    line.ofRaw === undefined ? '' : `${(100 * line.ofRaw.share).toFixed(0)} % of ${line.ofRaw.way}`,
    line.ofRawCpu === undefined ? '' : `${(100 * line.ofRawCpu).toFixed(0)} %`,
    stepsOf(line),
    Object.entries(line.cpu)
      .map(([name, milliseconds]) => `${name} ${(milliseconds / line.signatures).toFixed(2)}`)
      .join(', '),
  ])
  return [HEAD, HEAD.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function stepsOf({ steps }: Line): string {
  return Object.entries(steps)
    .map(([name, { p50, p99 }]) => `${name} ${p50.toFixed(1)} / ${p99.toFixed(1)}`)
    .join(', ')
}
