import { performance } from 'node:perf_hooks'
import type { Handle, Mechanism } from 'pkcs11js'
import type { KeyType, SignatureScheme } from '../sap/algorithms.ts'
import { Connection, LOGGED_IN } from './connection.ts'
import { readData, writeData } from './dataObjects.ts'
import { NotOurs, SessionsNotGivenBack } from './errors.ts'
import {
  HsmUnavailable,
  WrongAnswer,
  type Hsm,
  type InfrastructureKey,
  type InfrastructurePurpose,
  type KeyStore,
  type SessionKey,
  type WrappedKey,
} from './hsm.ts'
import { InfrastructureKeys } from './infrastructureKeys.ts'
import { LoginGuard } from './loginGuard.ts'
import {
  GCM_IV_LENGTH,
  GCM_TAG_LENGTH,
  HMAC_LENGTH,
  HMAC_SHA256,
  gcmMechanism,
  signOperation,
  signatureLength,
} from './mechanisms.ts'
import type { Desk } from './objects.ts'
import { SessionPool, type PoolStats, type Session } from './sessionPool.ts'
import { ShortCalls } from './shortCalls.ts'
import { Wrapping, type SessionObject } from './wrapping.ts'

export { initToken, type InitTokenConfig } from './initToken.ts'

export interface TokenConfig {
  /** Path of the PKCS#11 module. */
  readonly module: string
  readonly tokenLabel: string
  /** Path; refused if the file is open to others than its owner (mode & 077). */
  readonly pinFile: string
  /** Sessions for signing: about as many as cores. A few more are opened for other work. */
  readonly sessions: number
  /** Path of the file in which a refused PIN is remembered; its folder must exist. */
  readonly loginGuardFile: string
  /** Set into process.env before C_Initialize, e.g. SOFTHSM2_CONF. */
  readonly environment?: Readonly<Record<string, string>>
  /** So long may a call last: whoever waits for it is refused then, and its session not used again. Default: 10. */
  readonly callSeconds?: number
  /** Told, once, of a call that lasts three times as long: only the end of the process will end it. */
  readonly onLost?: () => unknown
}

export interface Token extends Hsm, KeyStore {
  /** Over all sessions. A `longestUse` beyond any honest call means that the module hangs. */
  stats(): PoolStats
}

/** Sessions for MACs and sealing, apart from signing, so that they do not wait behind RSA. */
const QUICK_SESSIONS = 2
/** Bytes; a MAC over more takes longer than waking another thread for it. */
const SHORT_MESSAGE = 16 * 1024
const CLOSE_GRACE_IN_MILLISECONDS = 2000
const CALL_LIMIT_IN_SECONDS = 10
/** An RSA key of 4096 bits can take a slow device a minute. */
const GENERATING_LIMIT_IN_SECONDS = 120

/**
 * Opens a token and logs in, once. Throws WrongPin (and tries no login while the PIN file that was refused is
 * unchanged), TokenUnfit if the token is missing or its PIN is near locking, HsmUnavailable if the device fails.
 * Two tokens of one module may be open in one process; with SoftHSM both must live in one token folder.
 */
export async function openToken(config: TokenConfig): Promise<Token> {
  const token = new OpenToken(config)
  try {
    await token.check()
    return token
  } catch (error) {
    await token.close()
    throw error
  }
}

class OpenToken implements Token {
  readonly #connection: Connection
  readonly #keys: InfrastructureKeys
  readonly #wrapping: Wrapping
  readonly #signing: SessionPool
  readonly #quick: SessionPool
  /** One at a time, and on a session of its own: generating an RSA key takes a second and must not hold up signing. */
  readonly #generating: SessionPool
  readonly #pools: readonly SessionPool[]
  readonly #seconds: NodeJS.Timeout
  readonly #macs = new ShortCalls(() => performance.now())
  readonly #sessionKeys = new WeakMap<SessionKey, SessionObject>()

  constructor(config: TokenConfig) {
    const now = (): number => performance.now()
    this.#connection = new Connection(config, {
      guard: new LoginGuard(config.loginGuardFile),
      now,
      isCalling: () => this.#pools.some((pool) => pool.isCalling()),
      shutIdle: () => {
        for (const pool of this.#pools) pool.shutIdle()
      },
    })
    const deps = {
      open: () => this.#connection.openSession(),
      close: (session: Handle) => {
        this.#connection.closeSession(session)
      },
      onSpoilt: () => {
        this.#connection.noteSpoilt()
      },
      now,
      limitInSeconds: config.callSeconds ?? CALL_LIMIT_IN_SECONDS,
    }
    this.#signing = new SessionPool(deps, config.sessions)
    this.#quick = new SessionPool(deps, QUICK_SESSIONS)
    this.#generating = new SessionPool({ ...deps, limitInSeconds: GENERATING_LIMIT_IN_SECONDS }, 1)
    this.#pools = [this.#signing, this.#quick, this.#generating]
    this.#seconds = this.#countSeconds(config.onLost)
    this.#keys = new InfrastructureKeys(this.#connection)
    this.#wrapping = new Wrapping(this.#connection, this.#keys)
  }

  async random(count: number): Promise<Buffer> {
    if (count === 0) return Buffer.alloc(0)
    return this.#connection.atDesk((desk) => desk.pkcs11.C_GenerateRandom(desk.session, Buffer.alloc(count)))
  }

  async hmac(key: InfrastructureKey, message: Uint8Array): Promise<Buffer> {
    if (message.length <= SHORT_MESSAGE && this.#macs.areExpected())
      return this.#connection.atDesk((desk) =>
        this.#macs.timed(() => hmacAtDesk(desk, this.#keys.handleOf(key, 'mac'), message)),
      )
    return this.#quick.run((session) =>
      this.#sign(session, this.#keys.handleOf(key, 'mac'), HMAC_SHA256, message, HMAC_LENGTH),
    )
  }

  async encrypt(key: InfrastructureKey, plaintext: Uint8Array, additionalData: Uint8Array): Promise<Buffer> {
    const iv = await this.random(GCM_IV_LENGTH)
    return this.#quick.run(async (session) => {
      const { pkcs11 } = this.#connection
      const mechanism = gcmMechanism(session.copy(iv), session.copy(additionalData))
      pkcs11.C_EncryptInit(session.handle, mechanism, this.#keys.handleOf(key, 'encrypt'))
      const input = session.copy(plaintext)
      const output = session.room(plaintext.length + GCM_TAG_LENGTH)
      return Buffer.concat([iv, await pkcs11.C_EncryptAsync(session.handle, input, output)])
    })
  }

  async decrypt(key: InfrastructureKey, sealed: Uint8Array, additionalData: Uint8Array): Promise<Buffer> {
    if (sealed.length < GCM_IV_LENGTH + GCM_TAG_LENGTH) throw new NotOurs('a sealed record is too short')
    return this.#quick.run(async (session) => {
      const p11 = this.#connection.pkcs11
      const iv = session.copy(sealed.subarray(0, GCM_IV_LENGTH))
      const input = session.copy(sealed.subarray(GCM_IV_LENGTH))
      const mechanism = gcmMechanism(iv, session.copy(additionalData))
      p11.C_DecryptInit(session.handle, mechanism, this.#keys.handleOf(key, 'encrypt'))
      try {
        return await p11.C_DecryptAsync(session.handle, input, session.room(input.length))
      } catch (error) {
        throw this.#wrapping.refusal(error, session, 'a sealed record was changed or is not ours')
      }
    })
  }

  async generateWrappedKey(
    keyType: KeyType,
    wrappingKey: InfrastructureKey,
  ): Promise<{ readonly publicKey: Buffer; readonly wrapped: WrappedKey }> {
    const made = await this.#generating.run((session) =>
      this.#wrapping.generate(session, keyType, wrappingKey),
    )
    await this.withUnwrappedKey(keyType, made.wrapped, (key) =>
      this.#wrapping.requireConsistent(keyType, made.publicKey, (scheme, digest) =>
        this.sign(key, scheme, digest),
      ),
    )
    return made
  }

  async withUnwrappedKey<T>(
    keyType: KeyType,
    wrapped: WrappedKey,
    use: (key: SessionKey) => Promise<T>,
  ): Promise<T> {
    const object = await this.#signing.run((session) => this.#wrapping.unwrap(session, keyType, wrapped))
    const key: SessionKey = { keyType }
    this.#sessionKeys.set(key, object)
    try {
      return await use(key)
    } finally {
      this.#sessionKeys.delete(key)
      this.#wrapping.destroy(object)
    }
  }

  async sign(key: SessionKey, scheme: SignatureScheme, digest: Uint8Array): Promise<Buffer> {
    const { mechanism, input } = signOperation(key.keyType, scheme, digest)
    return this.#signing.run((session) => {
      const object = this.#sessionKeys.get(key)
      if (object === undefined) throw new TypeError('a session key lives only inside its withUnwrappedKey')
      // Handles start over when a module starts over: a stale one could be another signer's key.
      if (!object.session.isAlive()) throw new HsmUnavailable('the key went with its session')
      return this.#sign(session, object.handle, mechanism, input, signatureLength(key.keyType))
    })
  }

  async signWithResident(
    key: InfrastructureKey,
    scheme: SignatureScheme,
    digest: Uint8Array,
  ): Promise<Buffer> {
    const keyType = this.#keys.residentTypeOf(key)
    const { mechanism, input } = signOperation(keyType, scheme, digest)
    return this.#signing.run((session) => {
      const handle = this.#keys.handleOf(key, 'sign-p256', 'sign-p384')
      return this.#sign(session, handle, mechanism, input, signatureLength(keyType))
    })
  }

  async publicKeyOf(key: InfrastructureKey): Promise<Buffer> {
    return this.#connection.atDesk(() => this.#keys.publicKeyOf(key))
  }

  async createInfrastructureKey(label: string, purpose: InfrastructurePurpose): Promise<InfrastructureKey> {
    return this.#connection.atDesk(() => this.#keys.create(label, purpose))
  }

  async infrastructureKey(label: string, purpose: InfrastructurePurpose): Promise<InfrastructureKey> {
    return this.#connection.atDesk(() => this.#keys.open(label, purpose))
  }

  async readData(label: string): Promise<Buffer | undefined> {
    return this.#connection.atDesk((desk) => readData(desk, label))
  }

  async writeData(label: string, value: Uint8Array): Promise<void> {
    return this.#connection.atDesk((desk) => {
      writeData(desk, label, value)
    })
  }

  async check(): Promise<void> {
    return this.#connection.atDesk((desk) => {
      if (desk.pkcs11.C_GetSessionInfo(desk.session).state !== LOGGED_IN)
        throw new HsmUnavailable('the token forgot the login')
      desk.pkcs11.C_GenerateRandom(desk.session, Buffer.alloc(1))
    })
  }

  stats(): PoolStats {
    const all = this.#pools.map((pool) => pool.stats())
    const sum = (of: (stats: PoolStats) => number): number => all.reduce((total, one) => total + of(one), 0)
    return {
      sessions: sum((one) => one.sessions),
      inUse: sum((one) => one.inUse),
      waiting: sum((one) => one.waiting),
      longestUse: Math.max(...all.map((one) => one.longestUse)),
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#seconds)
    const missing = await Promise.all(this.#pools.map((pool) => pool.close(CLOSE_GRACE_IN_MILLISECONDS)))
    const count = missing.reduce((total, one) => total + one, 0)
    this.#connection.close(count === 0)
    if (count > 0) throw new SessionsNotGivenBack(count)
  }

  #countSeconds(onLost: (() => unknown) | undefined): NodeJS.Timeout {
    const timer = setInterval(() => {
      for (const pool of this.#pools) pool.second()
      if (!this.#pools.some((pool) => pool.isLost())) return
      clearInterval(timer)
      onLost?.()
    }, 1000)
    return timer.unref()
  }

  /** A C_Sign whose answer has the length that key and mechanism allow, and no other. */
  async #sign(
    session: Session,
    key: Handle,
    mechanism: Mechanism,
    input: Uint8Array,
    length: number,
  ): Promise<Buffer> {
    const p11 = this.#connection.pkcs11
    p11.C_SignInit(session.handle, mechanism, key)
    const output = session.room(length)
    return ofLength(length, await p11.C_SignAsync(session.handle, session.copy(input), output))
  }
}

function hmacAtDesk({ pkcs11, session }: Desk, key: Handle, message: Uint8Array): Buffer {
  pkcs11.C_SignInit(session, HMAC_SHA256, key)
  // One byte more: an empty buffer has a null pointer, which modules refuse.
  const input = Buffer.alloc(message.length + 1).subarray(0, message.length)
  input.set(message)
  return ofLength(HMAC_LENGTH, pkcs11.C_Sign(session, input, Buffer.alloc(HMAC_LENGTH)))
}

function ofLength(length: number, answer: Buffer): Buffer {
  if (answer.length !== length)
    throw new WrongAnswer(`the HSM answered ${String(answer.length)} bytes for ${String(length)}`)
  return answer
}
