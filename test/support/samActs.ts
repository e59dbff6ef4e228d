import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { SapFailure, type SapErrorCode } from '../../sap/errors.ts'
import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import { totp, totpSecret } from '../../client/totp.ts'
import { newRequestId, type TestSam, type TestSigner } from './buildSam.ts'

export const ECDSA_SHA256 = '1.2.840.10045.4.3.2'
export const ECDSA_SHA384 = '1.2.840.10045.4.3.3'
export const ECDSA_SHA512 = '1.2.840.10045.4.3.4'
export const SHA256 = '2.16.840.1.101.3.4.2.1'
export const SHA384 = '2.16.840.1.101.3.4.2.2'
export const SHA512 = '2.16.840.1.101.3.4.2.3'

/** Random digests; SHA-256 by length unless said otherwise. */
export function newHashes(count: number, length = 32): readonly Buffer[] {
  return Array.from({ length: count }, () => randomBytes(length))
}

/** What every request on a signer's behalf bears, with a request id of its own. */
export function callerOf(
  signer: TestSigner,
): Pick<SamRequest<'sendOtp'>, 'requestId' | 'signerId' | 'clientId' | 'credentialId'> {
  const { signerId, clientId, credentialId } = signer
  return { requestId: newRequestId(), signerId, clientId, credentialId }
}

/** Sends a code, bound to `hashes` if there are any, and returns it as the signer received it. */
export async function sentCode(
  sam: TestSam,
  signer: TestSigner,
  hashes?: readonly Buffer[],
): Promise<string> {
  const binding = hashes === undefined ? {} : { binding: { hashes, nonce: randomBytes(16) } }
  await sam.ssa.call('sendOtp', { ...callerOf(signer), ...binding })
  return sam.lastCode()
}

/** The code of the signer's app now, or some steps of 30 seconds away. */
export function totpOf(signer: TestSigner, stepsAway = 0, now = Date.now()): string {
  const text = new URL(signer.otpauthUri).searchParams.get('secret') ?? ''
  return totp(totpSecret(text), new Date(now + stepsAway * 30_000))
}

/** A whole `authorize` request for one code; any member can be overridden. */
export function authorization(
  signer: TestSigner,
  hashes: readonly Buffer[],
  changes: Partial<SamRequest<'authorize'>> = {},
): SamRequest<'authorize'> {
  return {
    ...callerOf(signer),
    familyId: signer.familyId,
    numberOfSignatures: hashes.length,
    hashes,
    ...changes,
  }
}

/** The signer's act with a bound OTP (and the PIN, if `pin` is given): a SAD for exactly these hashes. */
export async function authorized(
  sam: TestSam,
  signer: TestSigner,
  hashes: readonly Buffer[],
  changes: Partial<SamRequest<'authorize'>> = {},
): Promise<SamAnswer<'authorize'>> {
  const otp = await sentCode(sam, signer, hashes)
  return sam.ssa.call('authorize', authorization(signer, hashes, { otp, ...changes }))
}

/** A `sign` request; ECDSA with SHA-256 unless overridden. */
export function signing(
  signer: TestSigner,
  sad: string,
  hashes: readonly Buffer[],
  changes: Partial<SamRequest<'sign'>> = {},
): SamRequest<'sign'> {
  return {
    ...callerOf(signer),
    familyId: signer.familyId,
    sad,
    hashes,
    signAlgorithm: ECDSA_SHA256,
    ...changes,
  }
}

/** One entry of the SAM's journal: the fields of its canonical JSON. */
export type JournalFields = Readonly<Record<string, unknown>>

/** Every journal entry of one request, oldest first, as the officer reads it. */
export async function eventsOf(sam: TestSam, ofRequest: string): Promise<readonly JournalFields[]> {
  const { entries } = await sam.officer.call('journal', { requestId: newRequestId(), ofRequest })
  return entries.map(({ event }) => parsed(event))
}

/** Every journal entry of these types, oldest first, straight from the database. */
export async function journalOf(
  sam: TestSam,
  ...types: readonly string[]
): Promise<readonly JournalFields[]> {
  const rows: { event: string }[] = await sam.deps.database
    .read('journal')
    .whereIn('type', types)
    .orderBy(['node', 'sequence'])
    .select('event')
  return rows.map(({ event }) => parsed(event))
}

function parsed(event: string): JournalFields {
  const value: unknown = JSON.parse(event)
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value))
  return { ...value }
}

/** What signing, spending and using leave behind: equal before and after means that nothing of it happened. */
export async function ledgerState(sam: TestSam): Promise<unknown> {
  const { read } = sam.deps.database
  const rows = async (table: string, ...columns: readonly string[]): Promise<unknown> =>
    read(table)
      .select(...columns)
      .orderBy([...columns])
  return {
    activations: await rows('activation', 'id', 'state'),
    occurrences: await rows('occurrence', 'activation_id', 'position', 'spent_by'),
    reservations: await rows('reservation', 'id', 'state'),
    otps: await rows('otp', 'id', 'state'),
    signing: (await journalOf(sam, 'SIGNING', 'SIGNED', 'AUTHORIZED')).length,
  }
}

/**
 * Asserts that a call is refused with exactly this code, that nothing was authorized, signed, spent or used by it,
 * and that the journal has the refusal. Returns the journal's entry.
 */
export async function refused(
  sam: TestSam,
  code: SapErrorCode,
  call: () => Promise<unknown>,
): Promise<JournalFields> {
  const before = await ledgerState(sam)
  const known = (await journalOf(sam, 'REFUSED')).length
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof SapFailure, String(error))
    assert.equal(error.code, code)
    return true
  })
  assert.deepEqual(await ledgerState(sam), before)
  const entries = (await journalOf(sam, 'REFUSED')).slice(known)
  assert.equal(entries.length, 1)
  const [entry] = entries
  assert.equal(entry?.['code'], code)
  return entry
}
