import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { integer, object } from '../sap/codec.ts'
import type { BenchKeyType } from './options.ts'
import type { Measurement } from './report.ts'

const whole = integer(0, Number.MAX_SAFE_INTEGER)
const figure = object({ count: whole, elapsed: whole, cpu: whole })
const answer = object({ sign: figure, unwrapAndSign: figure })

/** Threads of the process: one for each session, and some for the rest, as in a set. */
const THREADS = 6
const CALLERS = 4

/** What the token gives by itself, measured by a process that does nothing else. */
export async function measureRaw(keyType: BenchKeyType, seconds: number): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-bench-raw-'))
  try {
    const program = join(import.meta.dirname, 'rawProgram.js')
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [program, folder, keyType, String(seconds)],
      {
        env: { PATH: process.env['PATH'] ?? '', UV_THREADPOOL_SIZE: String(THREADS) },
      },
    )
    const { sign, unwrapAndSign } = answer.parse(JSON.parse(stdout), '')
    return [
      { ...common(keyType, sign), way: 'raw sign' },
      { ...common(keyType, unwrapAndSign), way: 'raw unwrap + sign' },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function common(
  keyType: BenchKeyType,
  { count, elapsed, cpu }: { readonly count: number; readonly elapsed: number; readonly cpu: number },
): Omit<Measurement, 'way'> {
  return {
    keyType,
    inFlight: CALLERS,
    signatures: count,
    milliseconds: elapsed / 1000,
    steps: {},
    cpu: { raw: cpu / 1000 },
  }
}
