import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { initToken, openToken } from '../hsm/token.ts'
import type { Hsm, InfrastructureKey } from '../hsm/hsm.ts'
import { KEY_TYPES, type SignatureScheme } from '../sap/algorithms.ts'
import { softHsm } from '../scripts/setup/makeFolders.ts'
import type { BenchKeyType } from './options.ts'

/**
 * A process of its own, `rawProgram <folder> <key type> <seconds>`: what the token gives through the port of hsm/, with
 * two sessions and a token of its own in the folder. Prints one JSON object.
 */
const SESSIONS = 2
/** Asked at the same time: enough that no session ever waits for the event loop. */
const CALLERS = 4

interface Figure {
  readonly count: number
  /** Whole microseconds. */
  readonly elapsed: number
  readonly cpu: number
}

async function main(): Promise<void> {
  const [folder, name, seconds] = process.argv.slice(2)
  if (folder === undefined || (name !== 'rsa-3072' && name !== 'p-256'))
    throw new Error('usage: rawProgram <folder> rsa-3072|p-256 <seconds>')
  const hsm = await freshToken(folder)
  try {
    const wrappingKey = await hsm.createInfrastructureKey('bench-wrap', 'wrap')
    const result = await measure({ hsm, wrappingKey, name, milliseconds: Number(seconds) * 1000 })
    process.stdout.write(`${JSON.stringify(result)}\n`)
  } finally {
    await hsm.close()
  }
}

async function freshToken(folder: string): ReturnType<typeof openToken> {
  mkdirSync(join(folder, 'tokens'), { recursive: true, mode: 0o700 })
  const configuration = join(folder, 'softhsm2.conf')
  const lines = [`directories.tokendir = ${join(folder, 'tokens')}`, 'objectstore.backend = file']
  writeFileSync(configuration, `${[...lines, 'log.level = ERROR'].join('\n')}\n`)
  const pinFile = join(folder, 'pin')
  writeFileSync(pinFile, randomBytes(12).toString('hex'), { mode: 0o600 })
  const token = {
    module: softHsm(),
    tokenLabel: 'bench',
    pinFile,
    environment: { SOFTHSM2_CONF: configuration },
  }
  await initToken({ ...token, soPin: Buffer.from(randomBytes(12).toString('hex')) })
  return openToken({ ...token, sessions: SESSIONS, loginGuardFile: join(folder, 'refused') })
}

async function measure(input: {
  readonly hsm: Hsm
  readonly wrappingKey: InfrastructureKey
  readonly name: BenchKeyType
  readonly milliseconds: number
}): Promise<Readonly<Record<'sign' | 'unwrapAndSign', Figure>>> {
  const { hsm, wrappingKey, name, milliseconds } = input
  const keyType = KEY_TYPES[name]
  const scheme: SignatureScheme = {
    name: keyType.family === 'rsa' ? 'rsa-pkcs1' : 'ecdsa',
    digest: 'sha256',
  }
  const digest = createHash('sha256').update('bench').digest()
  const { wrapped } = await hsm.generateWrappedKey(keyType, wrappingKey)
  const sign = await hsm.withUnwrappedKey(keyType, wrapped, (key) =>
    repeat(milliseconds, () => hsm.sign(key, scheme, digest)),
  )
  const unwrapAndSign = await repeat(milliseconds, () =>
    hsm.withUnwrappedKey(keyType, wrapped, (key) => hsm.sign(key, scheme, digest)),
  )
  return { sign, unwrapAndSign }
}

async function repeat(milliseconds: number, call: () => Promise<unknown>): Promise<Figure> {
  let count = 0
  const cpu = process.cpuUsage()
  const start = performance.now()
  const caller = async (): Promise<void> => {
    while (performance.now() - start < milliseconds) {
      await call()
      count++
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  const elapsed = Math.round(1000 * (performance.now() - start))
  const { user, system } = process.cpuUsage(cpu)
  return { count, elapsed, cpu: user + system }
}

await main()
