/**
 * The ports of the HSM: what SAM and CA may ask of a PKCS#11 token. Nothing here names a PKCS#11 constant; `token.ts`
 * is the adapter. Every call is asynchronous and takes a session from the pool for its duration. A token that is
 * gone, or answers with a device error, gives HsmUnavailable.
 */
import type { KeyType, SignatureScheme } from '../sap/algorithms.ts'

export class HsmUnavailable extends Error {
  override readonly name: string = 'HsmUnavailable'
}

/** The HSM answered a signing call, with bytes that cannot be its signature: of another length. */
export class WrongAnswer extends HsmUnavailable {
  override readonly name = 'WrongAnswer'
}

/** A token-resident key that belongs to the service itself, found by its label. Opaque. */
export interface InfrastructureKey {
  readonly label: string
  /** CKA_ID, hex: stands in blobs, so that a key can be rotated. */
  readonly id: string
}

/** A signing key outside the token: wrapped under an infrastructure key, worthless without the token. */
export interface WrappedKey {
  /** Name of the wrap mechanism, e.g. `CKM_AES_KEY_WRAP_PAD`: depends on the module, so it stands in the blob. */
  readonly mechanism: string
  readonly wrappingKeyId: string
  readonly bytes: Buffer
}

/** A signing key for the time of one `withUnwrappedKey`. Opaque. */
export interface SessionKey {
  readonly keyType: KeyType
}

export interface Hsm {
  /** `count` random bytes from the token. */
  random(count: number): Promise<Buffer>

  /** HMAC-SHA-256, 32 bytes. */
  hmac(key: InfrastructureKey, message: Uint8Array): Promise<Buffer>
  /** AES-256-GCM: 12-byte IV from the token, then ciphertext, then 16-byte tag. */
  encrypt(key: InfrastructureKey, plaintext: Uint8Array, additionalData: Uint8Array): Promise<Buffer>
  /** Throws if it was not made by `encrypt` with the same key and additional data. */
  decrypt(key: InfrastructureKey, sealed: Uint8Array, additionalData: Uint8Array): Promise<Buffer>

  /** Generates a key pair as session objects, wraps the private key, keeps nothing. `publicKey` is DER SPKI. */
  generateWrappedKey(
    keyType: KeyType,
    wrappingKey: InfrastructureKey,
  ): Promise<{ readonly publicKey: Buffer; readonly wrapped: WrappedKey }>
  /** Unwraps into a sensitive, non-extractable session object, runs `use`, destroys the object whatever happens. */
  withUnwrappedKey<T>(keyType: KeyType, wrapped: WrappedKey, use: (key: SessionKey) => Promise<T>): Promise<T>
  /**
   * Signs one digest; its length must be that of `scheme.digest` (RangeError otherwise). RSA: modulus-size octets.
   * ECDSA: raw r‖s, each of curve size. An answer of any other length is WrongAnswer.
   */
  sign(key: SessionKey, scheme: SignatureScheme, digest: Uint8Array): Promise<Buffer>

  /** As `sign`, with a token-resident key pair of the service (identity, checkpoint, CA). */
  signWithResident(key: InfrastructureKey, scheme: SignatureScheme, digest: Uint8Array): Promise<Buffer>
  /** DER SPKI of a token-resident key pair. */
  publicKeyOf(key: InfrastructureKey): Promise<Buffer>

  /** The bytes of a data object in the token, or undefined. */
  readData(label: string): Promise<Buffer | undefined>
  /** Writes a data object; durable on return. Creates it if absent. */
  writeData(label: string, value: Uint8Array): Promise<void>

  /** Token and session answer. Throws HsmUnavailable. */
  check(): Promise<void>
  close(): Promise<void>
}

export type InfrastructurePurpose = 'wrap' | 'mac' | 'encrypt' | 'sign-p256' | 'sign-p384'

export interface KeyStore {
  /** Generates a key of the service in the token. Throws if the label is taken. */
  createInfrastructureKey(label: string, purpose: InfrastructurePurpose): Promise<InfrastructureKey>
  /**
   * Finds a key of the service and checks that its attributes are those of its purpose (a wrapping key may wrap and
   * unwrap only; none is extractable). Throws if it is missing, not unique or too permissive.
   */
  infrastructureKey(label: string, purpose: InfrastructurePurpose): Promise<InfrastructureKey>
}
