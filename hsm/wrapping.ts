import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import pkcs11, { type Handle } from 'pkcs11js'
import type { KeyType, SignatureScheme } from '../sap/algorithms.ts'
import type { Connection } from './connection.ts'
import { NotOurs, TokenUnfit, isReturnValue, translated } from './errors.ts'
import type { InfrastructureKey, WrappedKey } from './hsm.ts'
import type { InfrastructureKeys } from './infrastructureKeys.ts'
import { generatedKeyTemplate, publicKeyTemplate, unwrappedKeyTemplate } from './keyTemplates.ts'
import { WRAP_MECHANISMS, keyPairMechanism } from './mechanisms.ts'
import { flag } from './objects.ts'
import { readPublicKey } from './publicKey.ts'
import type { Session } from './sessionPool.ts'

/** Room for the PKCS#8 of any key type, wrapped. */
const LARGEST_WRAPPED_KEY = 4096

/** A session object and the session that it lives with. */
export interface SessionObject {
  readonly handle: Handle
  readonly session: Session
}

interface WrapMechanism {
  readonly name: string
  readonly value: number
}

/** What a module says of bytes that it cannot take as a key or a record. */
const REFUSALS: readonly number[] = [
  pkcs11.CKR_WRAPPED_KEY_INVALID,
  pkcs11.CKR_WRAPPED_KEY_LEN_RANGE,
  pkcs11.CKR_ENCRYPTED_DATA_INVALID,
  pkcs11.CKR_ENCRYPTED_DATA_LEN_RANGE,
  pkcs11.CKR_TEMPLATE_INCONSISTENT,
  pkcs11.CKR_DATA_INVALID,
  pkcs11.CKR_DATA_LEN_RANGE,
]

/** Signing keys outside the token: generate and wrap, unwrap, destroy. */
export class Wrapping {
  readonly #connection: Connection
  readonly #keys: InfrastructureKeys
  #mechanism: WrapMechanism | undefined

  constructor(connection: Connection, keys: InfrastructureKeys) {
    this.#connection = connection
    this.#keys = keys
  }

  /** Generates a pair of session objects, wraps the private key, destroys both whatever happens. */
  async generate(
    session: Session,
    keyType: KeyType,
    wrappingKey: InfrastructureKey,
  ): Promise<{ readonly publicKey: Buffer; readonly wrapped: WrappedKey }> {
    const p11 = this.#connection.pkcs11
    const wrappingHandle = this.#keys.handleOf(wrappingKey, 'wrap')
    const pair = await p11.C_GenerateKeyPairAsync(
      session.handle,
      keyPairMechanism(keyType),
      publicKeyTemplate(keyType),
      generatedKeyTemplate(this.#isTrusted(wrappingHandle)),
    )
    try {
      this.#requireMadeHere(pair.privateKey)
      const publicKey = this.#connection.desk((desk) => readPublicKey(desk, pair.publicKey, keyType))
      const mechanism = this.#wrapMechanism()
      const bytes = await p11.C_WrapKeyAsync(
        session.handle,
        { mechanism: mechanism.value },
        this.#keys.handleOf(wrappingKey, 'wrap'),
        pair.privateKey,
        session.room(LARGEST_WRAPPED_KEY),
      )
      const wrapped = { mechanism: mechanism.name, wrappingKeyId: wrappingKey.id, bytes: Buffer.from(bytes) }
      return { publicKey, wrapped }
    } finally {
      this.destroy({ handle: pair.privateKey, session })
      this.destroy({ handle: pair.publicKey, session })
    }
  }

  /**
   * Throws NotOurs if mechanism or wrapping key are unknown, or the bytes are not a key of this type. Each call leaves
   * about 1 KB behind until the process ends: pkcs11js 2.1.7 never frees template and mechanism of an asynchronous
   * C_UnwrapKey, SoftHSM keeps a husk of each session object. The synchronous call would block all else for 1 ms.
   */
  async unwrap(session: Session, keyType: KeyType, wrapped: WrappedKey): Promise<SessionObject> {
    const mechanism = WRAP_MECHANISMS.get(wrapped.mechanism)
    if (mechanism === undefined) throw new NotOurs('the key is wrapped with an unknown mechanism')
    if (wrapped.bytes.length === 0 || wrapped.bytes.length > LARGEST_WRAPPED_KEY)
      throw new NotOurs('a wrapped key has an impossible length')
    try {
      const handle = await this.#connection.pkcs11.C_UnwrapKeyAsync(
        session.handle,
        { mechanism },
        this.#keys.wrappingHandle(wrapped.wrappingKeyId),
        session.copy(wrapped.bytes),
        unwrappedKeyTemplate(keyType),
      )
      return { handle, session }
    } catch (error) {
      throw this.refusal(error, session, 'a wrapped key was changed or is not ours')
    }
  }

  /** Destroys a session object, if need be together with its session. Never throws: its caller has an outcome. */
  destroy(object: SessionObject): void {
    if (!object.session.isAlive()) return
    try {
      this.#connection.desk((desk) => {
        desk.pkcs11.C_DestroyObject(desk.session, object.handle)
      })
    } catch {
      object.session.giveUp()
    }
  }

  /**
   * NotOurs if the module refused the bytes, else the error as it is. SoftHSM says CKR_GENERAL_ERROR and
   * CKR_FUNCTION_FAILED for both, bad bytes and its own failure: they are taken for a refusal if the session still answers.
   */
  refusal(error: unknown, session: Session, message: string): unknown {
    if (isReturnValue(error, ...REFUSALS)) return new NotOurs(message, { cause: error })
    if (!isReturnValue(error, pkcs11.CKR_GENERAL_ERROR, pkcs11.CKR_FUNCTION_FAILED)) return error
    try {
      this.#connection.pkcs11.C_GetSessionInfo(session.handle)
      return new NotOurs(message, { cause: error })
    } catch {
      return translated(error)
    }
  }

  /** FIPS 140-3, pair-wise consistency, over the wrapped form: what is handed out is what will be used. */
  async requireConsistent(
    keyType: KeyType,
    publicKey: Buffer,
    sign: (scheme: SignatureScheme, digest: Buffer) => Promise<Buffer>,
  ): Promise<void> {
    const message = randomBytes(32)
    const digest = createHash('sha256').update(message).digest()
    const name = keyType.family === 'rsa' ? 'rsa-pkcs1' : 'ecdsa'
    const signature = await sign({ name, digest: 'sha256' }, digest)
    const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
    if (!verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature))
      throw new TokenUnfit('a generated key does not match its public key')
  }

  /** The best wrap mechanism that the module offers. */
  #wrapMechanism(): WrapMechanism {
    this.#mechanism ??= this.#connection.probe((p11, slot) => {
      const offered = p11.C_GetMechanismList(slot)
      for (const [name, value] of WRAP_MECHANISMS) if (offered.includes(value)) return { name, value }
      throw new TokenUnfit('the PKCS#11 module offers no AES key wrap with padding')
    })
    return this.#mechanism
  }

  #isTrusted(wrappingKey: Handle): boolean {
    return this.#connection.desk((desk) => flag(desk, wrappingKey, pkcs11.CKA_TRUSTED) === true)
  }

  #requireMadeHere(key: Handle): void {
    this.#connection.desk((desk) => {
      for (const type of [pkcs11.CKA_LOCAL, pkcs11.CKA_SENSITIVE, pkcs11.CKA_ALWAYS_SENSITIVE])
        if (flag(desk, key, type) !== true)
          throw new TokenUnfit(
            'the HSM does not say that it generated the key itself, sensitive from the start',
          )
    })
  }
}
