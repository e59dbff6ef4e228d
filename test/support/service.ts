import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { memberOf, textIn } from './bodyOf.ts'
import { buildSam, type BuildSamOptions, type TestSam } from './buildSam.ts'
import { buildSsa, type Answer, type CallOptions, type TestSsa, type Version } from './buildSsa.ts'
import type { TlsIdentity } from './peerCertificates.ts'
import { eventsOf, ledgerState } from './samActs.ts'
import { makeSigner, type TestSigner, type TestSignerOptions } from './testSigner.ts'

export const PASSWORD = 'correct horse battery'

/** A real SSA before a real SAM: SQLite, SoftHSM and TLS throughout. */
export interface Service {
  readonly sam: TestSam
  readonly ssa: TestSsa
  dispose(): Promise<void>
}

export async function buildService(
  options: BuildSamOptions = {},
  ssaConfig: Readonly<Record<string, unknown>> = {},
): Promise<Service> {
  const sam = await buildSam(options)
  const ssa = await buildSsa({
    sam: { socketPath: sam.socketPath, identity: sam.identities.ssa },
    config: ssaConfig,
  })
  return {
    sam,
    ssa,
    async dispose() {
      await ssa.dispose()
      await sam.dispose()
    },
  }
}

/** A signer with a login. */
export interface Account {
  readonly username: string
  readonly signer: TestSigner
  readonly credentialID: string
  readonly token: string
  /** The certificate that the application shows; undefined for `basic`. */
  readonly client: TlsIdentity | undefined
}

export async function makeAccount(service: Service, options: TestSignerOptions = {}): Promise<Account> {
  const signer = await makeSigner(service.sam, { clientId: 'basic', ...options })
  const username = `user-${randomUUID()}`
  await service.ssa.addUser({ username, password: PASSWORD, signerId: signer.signerId })
  const token = await service.ssa.login(username, PASSWORD)
  return { username, signer, credentialID: signer.credentialId, token, client: undefined }
}

/** Another key of the same signer, in the same login. */
export async function anotherCredential(
  service: Service,
  account: Account,
  options: TestSignerOptions = {},
): Promise<Account> {
  const signer = await makeSigner(service.sam, { clientId: 'basic', ...options, signer: account.signer })
  return { ...account, signer, credentialID: signer.credentialId }
}

export function call(
  service: Service,
  account: Account,
  method: `${Version} ${string}`,
  body: object,
): Promise<Answer> {
  const [version, operation = ''] = method.split(' ')
  const options: CallOptions = {
    token: account.token,
    ...(account.client === undefined ? {} : { client: account.client }),
  }
  return service.ssa.post(version === 'v1' ? 'v1' : 'v2', operation, body, options)
}

export const base64 = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('base64'))

/** Has an OTP sent, bound to `hashes` if there are any, and reads it from the signer's messages. */
export async function otpFor(
  service: Service,
  account: Account,
  hashes?: readonly Buffer[],
): Promise<string> {
  const bound =
    hashes === undefined ? {} : { hash: base64(hashes), nonce: randomBytes(16).toString('base64') }
  const { credentialID } = account
  const answer = await call(service, account, 'v1 credentials/sendOTP', { credentialID, ...bound })
  assert.equal(answer.status, 204, JSON.stringify(answer.body))
  return service.sam.lastCode()
}

/** The signer's act through v1: an OTP for these hashes, then the SAD. */
export async function sadFor(
  service: Service,
  account: Account,
  hashes: readonly Buffer[],
  changes: object = {},
): Promise<string> {
  const answer = await call(service, account, 'v1 credentials/authorize', {
    credentialID: account.credentialID,
    numSignatures: hashes.length,
    hash: base64(hashes),
    OTP: await otpFor(service, account, hashes),
    ...changes,
  })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return textIn(answer.body, 'SAD')
}

export const ECDSA_SHA256 = '1.2.840.10045.4.3.2'

/** signHash of v1, ECDSA with SHA-256 unless overridden. */
export function sign(
  service: Service,
  account: Account,
  sad: string,
  hashes: readonly Buffer[],
  changes: object = {},
): Promise<Answer> {
  return call(service, account, 'v1 signatures/signHash', {
    credentialID: account.credentialID,
    SAD: sad,
    hash: base64(hashes),
    signAlgo: ECDSA_SHA256,
    ...changes,
  })
}

export function signaturesIn(answer: Answer): readonly Buffer[] {
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  const signatures = memberOf(answer.body, 'signatures')
  assert.ok(Array.isArray(signatures))
  return signatures.map((signature: unknown) => Buffer.from(String(signature), 'base64'))
}

export interface Refused {
  readonly error?: string
  readonly description: string
  /** The SAM's code where it refused; undefined where it was not asked. */
  readonly sam?: string
}

/**
 * Asserts that a call is refused in these words, that nothing was authorized, signed, spent or used by it, and that the
 * refusal is in the SSA's journal, and in the SAM's where the SAM refused, under the answer's request id.
 */
export async function assertRefused(
  service: Service,
  attempt: () => Promise<Answer>,
  expected: Refused,
): Promise<void> {
  const before = await ledgerState(service.sam)
  const answer = await attempt()
  assert.deepEqual(answer.body, {
    error: expected.error ?? 'invalid_request',
    error_description: expected.description,
  })
  assert.equal(answer.status, 400)
  assert.deepEqual(await ledgerState(service.sam), before)
  const event = (await service.ssa.journal(answer.requestId)).at(-1)
  assert.equal(memberOf(event, 'type'), 'refused')
  if (expected.sam === undefined) return
  assert.equal(memberOf(event, 'detail'), `SAM: ${expected.sam}`)
  const told = await eventsOf(service.sam, answer.requestId)
  assert.ok(
    told.some((entry) => entry['type'] === 'REFUSED' && entry['code'] === expected.sam),
    'the SAM has it in its journal',
  )
}
