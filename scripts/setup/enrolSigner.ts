import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { certify } from '../../client/officer/createCredential.ts'
import { newRequestId, type CaClient, type SamClient } from '../../client/officer/sapPeers.ts'
import { KEY_TYPE_NAMES, type KeyTypeName } from '../../sap/algorithms.ts'
import { SapFailure } from '../../sap/errors.ts'
import { FACTOR_KINDS, type FactorKind } from '../../sap/operations.ts'
import type { DataFolder } from './dataFolder.ts'

const credential = z.object({
  id: z.string(),
  keyType: z.enum(KEY_TYPE_NAMES),
  factors: z.array(z.enum(FACTOR_KINDS)).readonly(),
  scal: z.literal('2'),
  multisign: z.number(),
})
const progress = z.object({
  signerId: z.string(),
  hasPin: z.boolean(),
  hasTotp: z.boolean(),
  hasDestination: z.boolean(),
  /** A credential is listed once its key exists; certified once its certificate is linked. */
  credentials: z.array(credential),
  certified: z.array(z.string()),
})
type Progress = z.infer<typeof progress>

/** The demo signer as the SAM knows her. */
export interface Enrolled {
  readonly signerId: string
  readonly credentials: readonly z.infer<typeof credential>[]
}

const WISHES: readonly { keyType: KeyTypeName; policy: string; factors: readonly FactorKind[] }[] = [
  { keyType: 'rsa-3072', policy: 'otp-pin', factors: ['otp', 'pin'] },
  { keyType: 'p-256', policy: 'otp-pin', factors: ['otp', 'pin'] },
  { keyType: 'p-384', policy: 'totp-pin', factors: ['totp', 'pin'] },
]
const MULTISIGN = 100

interface Deps {
  readonly sam: SamClient
  readonly ca: CaClient
  readonly data: DataFolder
  /** Called once, with the otpauth URI of a new TOTP factor. */
  readonly showTotp: (otpauthUri: string) => void
}

/**
 * Enrols the demo signer over SAP, as a registration officer would. Notes each step once it is done, and goes on after
 * the last one when it is called again. A step that was done but not noted is done anew where the SAM allows it.
 */
export async function enrolSigner(deps: Deps): Promise<Enrolled> {
  const begun = readProgress(deps.data) ?? (await createSigner(deps))
  writeProgress(deps.data, begun)
  const withFactors = await enrolFactors(deps, begun)
  if (withFactors === undefined) {
    // The TOTP secret is in one answer only, and that was lost in a crash: this signer is of no use.
    rmSync(progressFile(deps.data))
    return enrolSigner(deps)
  }
  return enrolCredentials(deps, withFactors)
}

async function enrolFactors(deps: Deps, begun: Progress): Promise<Progress | undefined> {
  let now = begun
  const { signerId } = begun
  const note = (step: Partial<Progress>): void => {
    now = { ...now, ...step }
    writeProgress(deps.data, now)
  }
  if (!now.hasPin) {
    const pin = readFileSync(join(deps.data.officer, 'demo-pin'), 'utf8')
    await unlessThere(deps.sam.call('enrolPin', { requestId: newRequestId(), signerId, pin }))
    note({ hasPin: true })
  }
  if (!now.hasTotp) {
    if (!(await enrolTotp(deps, signerId))) return undefined
    note({ hasTotp: true })
  }
  if (!now.hasDestination) {
    const place = { channel: 'file', destination: 'ada@example.org' } as const
    await unlessThere(deps.sam.call('setOtpDestination', { requestId: newRequestId(), signerId, ...place }))
    note({ hasDestination: true })
  }
  return now
}

async function enrolCredentials(deps: Deps, withFactors: Progress): Promise<Progress> {
  let now = withFactors
  const note = (step: Partial<Progress>): void => {
    now = { ...now, ...step }
    writeProgress(deps.data, now)
  }
  for (const { keyType, policy, factors } of WISHES.slice(now.credentials.length)) {
    const wish = { requestId: newRequestId(), signerId: now.signerId, keyType, policy }
    const { credentialId } = await deps.sam.call('generateKey', wish)
    const entry = {
      id: credentialId,
      keyType,
      factors,
      scal: '2',
      multisign: MULTISIGN,
    } as const
    note({ credentials: [...now.credentials, entry] })
  }
  for (const { id } of now.credentials.filter((entry) => !now.certified.includes(entry.id))) {
    await unlessDone(certify(deps, id))
    note({ certified: [...now.certified, id] })
  }
  return now
}

async function createSigner(deps: Deps): Promise<Progress> {
  const { signerId } = await deps.sam.call('createSigner', {
    requestId: newRequestId(),
    commonName: 'Ada Example',
    givenName: 'Ada',
    surname: 'Example',
    country: 'DK',
  })
  return { signerId, hasPin: false, hasTotp: false, hasDestination: false, credentials: [], certified: [] }
}

/** False if there is a TOTP factor already. */
async function enrolTotp(deps: Deps, signerId: string): Promise<boolean> {
  const answer = await unlessThere(deps.sam.call('enrolTotp', { requestId: newRequestId(), signerId }))
  const secret = answer === undefined ? undefined : new URL(answer.otpauthUri).searchParams.get('secret')
  if (answer === undefined || secret === undefined || secret === null) return false
  const file = join(deps.data.officer, 'demo-totp')
  rmSync(file, { force: true })
  writeFileSync(file, secret, { mode: 0o600, flag: 'wx' })
  deps.showTotp(answer.otpauthUri)
  return true
}

async function unlessThere<T>(call: Promise<T>): Promise<T | undefined> {
  return unlessRefused(call, ['factor_exists', 'already_exists'])
}

/** A certificate that was linked before the crash. */
async function unlessDone(call: Promise<void>): Promise<void> {
  await unlessRefused(call, ['state_forbids'])
}

async function unlessRefused<T>(call: Promise<T>, codes: readonly string[]): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof SapFailure && codes.includes(error.code)) return undefined
    throw error
  }
}

function progressFile(data: DataFolder): string {
  return join(data.officer, 'demo-signer.json')
}

function readProgress(data: DataFolder): Progress | undefined {
  const file = progressFile(data)
  return existsSync(file) ? progress.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined
}

function writeProgress(data: DataFolder, content: Progress): void {
  const file = progressFile(data)
  writeFileSync(`${file}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
