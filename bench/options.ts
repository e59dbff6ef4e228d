import { parseArgs } from 'node:util'
import { CannotStart } from '../scripts/setup/cannotStart.ts'

export const BENCH_KEY_TYPES = ['rsa-3072', 'p-256'] as const
export type BenchKeyType = (typeof BENCH_KEY_TYPES)[number]

export interface BenchOptions {
  /** Credentials of each key type, each of another signer. */
  readonly credentials: Readonly<Record<BenchKeyType, number>>
  /** Times that every credential signs, at each number of requests in flight. */
  readonly rounds: number
  /** Authorizations for 100 hashes each. */
  readonly batches: number
  /** Seconds for each raw figure. */
  readonly rawSeconds: number
  /** Where the JSON goes; undefined: a new folder for temporary files. */
  readonly json: string | undefined
  /** Leaves the data folder where it is. */
  readonly keep: boolean
}

export const USAGE =
  'npm run bench -- [--rsa 60] [--ec 200] [--rounds 10] [--batches 20] [--raw-seconds 5] [--json file] [--keep]'

const NUMBERS = {
  rsa: { fallback: '60', least: 1, most: 2000 },
  ec: { fallback: '200', least: 1, most: 2000 },
  rounds: { fallback: '10', least: 1, most: 100 },
  batches: { fallback: '20', least: 1, most: 500 },
  'raw-seconds': { fallback: '5', least: 1, most: 60 },
} as const

/** Throws CannotStart with the option that is wrong. */
export function benchOptions(args: readonly string[]): BenchOptions {
  const values = parsed(args)
  const number = (name: keyof typeof NUMBERS): number => {
    const { fallback, least, most } = NUMBERS[name]
    const value = Number(values[name] ?? fallback)
    if (!Number.isInteger(value) || value < least || value > most)
      throw new CannotStart(`--${name} takes a number from ${least} to ${most}\n${USAGE}`)
    return value
  }
  return {
    credentials: { 'rsa-3072': number('rsa'), 'p-256': number('ec') },
    rounds: number('rounds'),
    batches: number('batches'),
    rawSeconds: number('raw-seconds'),
    json: values.json,
    keep: values.keep ?? false,
  }
}

type Values = { readonly [name in keyof typeof NUMBERS | 'json']?: string | undefined } & {
  readonly keep?: boolean | undefined
}

function parsed(args: readonly string[]): Values {
  const text = { type: 'string' } as const
  try {
    const options = { rsa: text, ec: text, rounds: text, batches: text, 'raw-seconds': text, json: text }
    return parseArgs({ args: [...args], options: { ...options, keep: { type: 'boolean' } } }).values
  } catch (error) {
    throw new CannotStart(`${error instanceof Error ? error.message : 'wrong arguments'}\n${USAGE}`)
  }
}
