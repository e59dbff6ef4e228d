import { createHash, verify } from 'node:crypto'
import { canonicalJson } from './canonical.ts'
import { KEY_TYPE_NAMES, type KeyTypeName } from './algorithms.ts'
import { MalformedMessage, integer, object, oneOf, text, type TypeOf } from './codec.ts'
import type { Attestation } from './operations.ts'

const statement = object({
  version: oneOf(['chancery-attestation-1']),
  credentialId: text(1, 64),
  signerId: text(1, 64),
  keyType: oneOf(KEY_TYPE_NAMES),
  /** SHA-256 of the public key's DER SPKI, hex. */
  publicKeySha256: text(64, 64, /^[0-9a-f]+$/),
  /** The key was generated in the HSM, is wrapped only under this key (CKA_ID, hex), and never left otherwise. */
  wrappingKeyId: text(1, 64, /^[0-9a-f]+$/),
  profile: oneOf(['dev', 'nsp']),
  /** Milliseconds since 1970. */
  generatedAt: integer(0, Number.MAX_SAFE_INTEGER),
})

/**
 * What the SAM says of a key: generated in the HSM for this signer, wrapped only under the key named. It never says
 * "non-extractable": a wrapped key's attributes say otherwise.
 */
export type AttestationStatement = TypeOf<typeof statement>

export interface AttestedKey {
  readonly credentialId: string
  readonly signerId: string
  readonly keyType: KeyTypeName
  readonly publicKey: Uint8Array
}

/** The bytes that the identity key signs: ECDSA P-256 with SHA-256, signature as DER. */
export function attestationBytes(value: AttestationStatement): Buffer {
  return Buffer.from(canonicalJson(value))
}

export function publicKeySha256(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest('hex')
}

/**
 * Checks an attestation against the SAM's identity key (PEM SPKI, pinned at the verifier). Returns what it states,
 * or undefined if it was not made by that key or is not in canonical form.
 */
export function openAttestation(
  attestation: Attestation,
  identityKey: string,
): AttestationStatement | undefined {
  if (!verify('sha256', attestation.statement, identityKey, attestation.signature)) return undefined
  try {
    const stated = statement.parse(JSON.parse(attestation.statement.toString('utf8')), '')
    return attestationBytes(stated).equals(attestation.statement) ? stated : undefined
  } catch (error) {
    if (error instanceof MalformedMessage || error instanceof SyntaxError) return undefined
    throw error
  }
}
