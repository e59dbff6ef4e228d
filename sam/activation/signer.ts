import { HsmUnavailable, WrongAnswer, type SessionKey } from '../../hsm/hsm.ts'
import { KEY_TYPES, type KeyType, type SignatureScheme } from '../../sap/algorithms.ts'
import type { SamDeps } from '../deps.ts'
import { verifySignature } from '../pki/verifySignature.ts'
import type { KeyRecord } from '../state/recordKinds.ts'
import type { Stored } from '../state/records.ts'
import type { Activation, Grant } from './activation.ts'

/** Signatures of one request, in request order. ECDSA: raw r‖s; RSA: modulus size. */
export interface Signed {
  readonly outcome: 'signed'
  readonly signatures: readonly Buffer[]
}

/** No signature of the request leaves. `untouched`: no signing call was made, the hashes may be given back. */
export interface NotSigned {
  readonly outcome: 'untouched' | 'failed' | 'stopped' | 'wrong'
  readonly error: unknown
}

/** Hashes of one request that are at the HSM at the same time. */
const PARALLEL = 2

class Stopped extends Error {}
class WrongSignature extends Error {}

const isWrong = (failure: unknown): boolean =>
  failure instanceof WrongSignature || failure instanceof WrongAnswer

/**
 * Redeems an activation: unwraps the key once, signs every digest, verifies every signature with the public key, and
 * destroys the key. Looks between hashes whether the key is still active and the lease still runs.
 */
export async function signActivation(
  deps: SamDeps,
  activation: Activation,
  key: Stored<'key'>,
): Promise<Signed | NotSigned> {
  const grant = activation.redeem()
  if (grant.credentialId !== key.id) throw new Error('an activation for another credential')
  const progress = { calls: 0 }
  try {
    const keyType = KEY_TYPES[key.value.keyType]
    const signatures = await deps.hsm.withUnwrappedKey(keyType, wrappedKeyOf(key.value), (sessionKey) =>
      signAll({ deps, grant, key, keyType, sessionKey, progress }),
    )
    return { outcome: 'signed', signatures }
  } catch (error) {
    if (isWrong(error)) return { outcome: 'wrong', error }
    if (error instanceof HsmUnavailable) deps.state.setHsmAnswers(false)
    if (progress.calls === 0) return { outcome: 'untouched', error }
    return { outcome: error instanceof Stopped ? 'stopped' : 'failed', error }
  }
}

interface Batch {
  readonly deps: SamDeps
  readonly grant: Grant
  readonly key: Stored<'key'>
  readonly keyType: KeyType
  readonly sessionKey: SessionKey
  readonly progress: { calls: number }
}

async function signAll(batch: Batch): Promise<readonly Buffer[]> {
  const { digests } = batch.grant
  const signatures: Buffer[] = []
  const failures: unknown[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < digests.length && failures.length === 0) {
      const at = next++
      const digest = digests[at]
      if (digest === undefined) return
      try {
        signatures[at] = await signOne(batch, digest, at > 0)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  // Every worker has ended before the key is destroyed and the outcome is written.
  await Promise.all(Array.from({ length: Math.min(PARALLEL, digests.length) }, work))
  if (failures.length > 0) throw failures.find(isWrong) ?? failures[0]
  return signatures
}

async function signOne(batch: Batch, digest: Buffer, isLater: boolean): Promise<Buffer> {
  const { deps, grant, key, keyType, sessionKey, progress } = batch
  if (deps.clock.now() > grant.leaseUntil) throw new Stopped('the lease has ended')
  if (isLater && !(await isUnchanged(deps, key)))
    throw new Stopped('the key was suspended or destroyed meanwhile')
  if (deps.state.lockedBecause() !== undefined) throw new Stopped('the SAM was locked meanwhile')
  if (deps.state.isQuarantined(key.id)) throw new Stopped('the key gave a wrong signature meanwhile')
  progress.calls++
  const signature = await deps.hsm.sign(sessionKey, grant.scheme, digest)
  requireGood(key.value, keyType, grant.scheme, { digest, signature })
  return signature
}

async function isUnchanged(deps: SamDeps, key: Stored<'key'>): Promise<boolean> {
  const newest = await deps.records.read('key', key.id)
  return newest?.version === key.version
}

/** A fault in the HSM must not leave it: a wrong RSA-CRT signature gives the key away (attack H16). */
function requireGood(
  key: KeyRecord,
  keyType: KeyType,
  scheme: SignatureScheme,
  made: { readonly digest: Buffer; readonly signature: Buffer },
): void {
  if (!verifySignature({ publicKey: key.publicKey, keyType, scheme, ...made }))
    throw new WrongSignature('the HSM returned a signature that does not verify')
}

function wrappedKeyOf(key: KeyRecord): { mechanism: string; wrappingKeyId: string; bytes: Buffer } {
  const { wrapMechanism, wrappingKeyId, wrappedKey } = key
  if (wrapMechanism === undefined || wrappingKeyId === undefined || wrappedKey === undefined)
    throw new Error('an active key without its blob')
  return { mechanism: wrapMechanism, wrappingKeyId, bytes: wrappedKey }
}
