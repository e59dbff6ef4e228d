import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { parsedJson, textAt } from '../json.ts'
import { NotRun } from '../outcome.ts'
import type { FactorSource } from './account.ts'
import { secretIn } from './secretIn.ts'
import { STEP_SECONDS, totpAt } from './totp.ts'

const run = promisify(execFile)
const POLL_MS = 50
const DELIVERY_MS = 30_000
const COMMAND_MS = 60_000

/** A factor's value for one act, called after the service was asked to send one, where it has to be. */
export type NextValue = () => Promise<string>

/** Values of the factors of an account file. */
export interface FactorValues {
  /** To be called before the service is asked to send a code, so that only what comes afterwards counts. */
  prepare(source: FactorSource): Promise<NextValue>
}

/** One for a whole run: it waits until an authenticator shows another code than the one it gave before. */
export function createFactorValues(): FactorValues {
  const usedSteps = new Map<string, number>()
  const ofAuthenticator = async (file: string): Promise<string> => {
    const secret = await secretIn(file)
    const step = (): number => Math.floor(Date.now() / 1000 / STEP_SECONDS)
    while (step() === usedSteps.get(file)) await sleep(POLL_MS)
    usedSteps.set(file, step())
    return totpAt(secret, step())
  }
  return {
    async prepare(source) {
      if ('file' in source) return () => secretIn(source.file)
      if ('secretFile' in source) return () => ofAuthenticator(source.secretFile)
      if ('command' in source) return () => printedBy(source.command)
      const before = new Set(await namesIn(source.folder))
      return () => deliveredTo(source.folder, before)
    },
  }
}

async function printedBy(command: string): Promise<string> {
  const { stdout } = await run('/bin/sh', ['-c', command], { timeout: COMMAND_MS })
  const code = stdout.trim()
  if (code === '') throw new NotRun(`a code: \`${command}\` printed none`)
  return code
}

async function deliveredTo(folder: string, before: ReadonlySet<string>): Promise<string> {
  const end = Date.now() + DELIVERY_MS
  const seen = new Set(before)
  while (Date.now() < end) {
    const added = (await namesIn(folder)).filter((name) => !seen.has(name))
    for (const name of added) {
      const code = codeIn(await readFile(join(folder, name), 'utf8'))
      if (code !== undefined) return code
      seen.add(name)
    }
    await sleep(POLL_MS)
  }
  throw new NotRun(`a code: none came into ${folder}`)
}

/** Other messages, such as receipts, have no code. */
function codeIn(text: string): string | undefined {
  const json = parsedJson(text)
  if (typeof json === 'object') return textAt(json, 'code')
  return text.trim() === '' ? undefined : text.trim()
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new Error(`${folder} cannot be read.`, { cause })
  })
  return names.filter((name) => !name.startsWith('.')).sort()
}
