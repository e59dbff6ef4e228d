import pkcs11, { type Handle, type PKCS11 } from 'pkcs11js'
import { useModule, type ModuleUse } from './cryptoki.ts'
import {
  TokenUnfit,
  WrongPin,
  isReturnValue,
  meansDeviceGone,
  returnValueOf,
  spoilsSession,
  translated,
} from './errors.ts'
import type { LoginGuard } from './loginGuard.ts'
import type { Desk } from './objects.ts'
import { readPin } from './pinFile.ts'
import { slotLabelled } from './slots.ts'

export interface ConnectionConfig {
  readonly module: string
  readonly tokenLabel: string
  readonly pinFile: string
  readonly environment?: Readonly<Record<string, string>>
}

export interface ConnectionDeps {
  readonly guard: LoginGuard
  /** Milliseconds, monotonic. */
  readonly now: () => number
  /** Whether a call into the module may be running on another thread. */
  readonly isCalling: () => boolean
  /** Closes every session that is not in use. */
  readonly shutIdle: () => void
}

/** CKS_RW_USER_FUNCTIONS, which pkcs11js does not name. */
export const LOGGED_IN = 3

/**
 * After so many spoilt sessions in so short a time the module is initialized anew: some devices come back only then,
 * and a device may open sessions as if all were well while it fails to sign.
 */
const SPOILT_TOO_MANY = 3
const SPOILT_WITHIN_MILLISECONDS = 10_000
const ANEW_AT_MOST_EVERY_MILLISECONDS = 1000

/** The way to one token: module, slot, login, and a session of its own (the desk) for synchronous calls. */
export class Connection {
  readonly #config: ConnectionConfig
  readonly #deps: ConnectionDeps
  readonly #module: ModuleUse
  #desk: Handle | undefined
  /** When the last sessions were spoilt, oldest first. */
  #spoiltAt: readonly number[] = []
  #anewAt = -ANEW_AT_MOST_EVERY_MILLISECONDS
  /** Grows whenever a session was lost: handles found in an earlier epoch are to be found again. */
  epoch = 0

  constructor(config: ConnectionConfig, deps: ConnectionDeps) {
    this.#config = config
    this.#deps = deps
    this.#module = useModule(config.module, config.environment)
  }

  get pkcs11(): PKCS11 {
    return this.#module.pkcs11
  }

  /** Logs in if the token does not say already that it is. Throws WrongPin, TokenUnfit, or the module's error. */
  openSession(): Handle {
    if (this.#isSpoiltTooOften()) this.#initializeAnew()
    try {
      return this.#openAndLogin()
    } catch (error) {
      if (!meansDeviceGone(error) || !this.#initializeAnew()) throw error
      return this.#openAndLogin()
    }
  }

  closeSession(session: Handle): void {
    try {
      this.pkcs11.C_CloseSession(session)
    } catch {
      // It was gone already, with the device: nothing is left to close.
    }
  }

  /**
   * Runs short synchronous calls on the desk session. They never interleave, since nothing else runs meanwhile, so
   * the desk needs no queue. `work` must leave no operation active.
   */
  desk<T>(work: (desk: Desk) => T): T {
    try {
      this.#desk ??= this.openSession()
      return work({ pkcs11: this.pkcs11, session: this.#desk })
    } catch (error) {
      if (returnValueOf(error) !== undefined && spoilsSession(error)) this.#shutDesk()
      throw translated(error)
    }
  }

  /** As `desk`, with its outcome as a promise. */
  async atDesk<T>(work: (desk: Desk) => T): Promise<T> {
    return new Promise((resolve) => {
      resolve(this.desk(work))
    })
  }

  /** Asks something about the token itself; needs no session. */
  probe<T>(work: (p11: PKCS11, slot: Handle) => T): T {
    return work(this.pkcs11, slotLabelled(this.pkcs11, this.#config.tokenLabel))
  }

  noteSpoilt(): void {
    this.epoch++
    this.#spoiltAt = [...this.#spoiltAt, this.#deps.now()].slice(-SPOILT_TOO_MANY)
  }

  /** With `finalize` false the module stays initialized: a call may still run in it. */
  close(finalize: boolean): void {
    if (this.#desk !== undefined) this.closeSession(this.#desk)
    this.#desk = undefined
    if (finalize) this.#module.release()
  }

  #shutDesk(): void {
    if (this.#desk !== undefined) this.closeSession(this.#desk)
    this.#desk = undefined
    this.noteSpoilt()
  }

  #isSpoiltTooOften(): boolean {
    const [oldest] = this.#spoiltAt
    if (oldest === undefined || this.#spoiltAt.length < SPOILT_TOO_MANY) return false
    return this.#deps.now() - oldest < SPOILT_WITHIN_MILLISECONDS
  }

  /** Returns false where it cannot be done now: a call is running, another token is open, or it was done just now. */
  #initializeAnew(): boolean {
    const now = this.#deps.now()
    if (now - this.#anewAt < ANEW_AT_MOST_EVERY_MILLISECONDS || this.#deps.isCalling()) return false
    this.#anewAt = now
    // Handles start over after C_Initialize: an old one, closed late, could hit a new session.
    this.#deps.shutIdle()
    if (this.#desk !== undefined) this.closeSession(this.#desk)
    this.#desk = undefined
    this.epoch++
    this.#spoiltAt = []
    return this.#module.initializeAnew()
  }

  #openAndLogin(): Handle {
    const slot = slotLabelled(this.pkcs11, this.#config.tokenLabel)
    const session = this.pkcs11.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION)
    try {
      if (this.pkcs11.C_GetSessionInfo(session).state !== LOGGED_IN) this.#login(slot, session)
      return session
    } catch (error) {
      this.closeSession(session)
      throw error
    }
  }

  #login(slot: Handle, session: Handle): void {
    const pin = readPin(this.#config.pinFile)
    this.#deps.guard.requireUntried(pin)
    this.#requireAttemptsLeft(slot)
    try {
      this.pkcs11.C_Login(session, pkcs11.CKU_USER, pin.value)
    } catch (error) {
      if (isReturnValue(error, pkcs11.CKR_USER_ALREADY_LOGGED_IN)) return
      if (!isReturnValue(error, ...PIN_REFUSED)) throw error
      this.#deps.guard.rememberRefused(pin)
      throw new WrongPin(`token "${this.#config.tokenLabel}" refused the PIN`, { cause: error })
    }
    this.#deps.guard.forget()
  }

  #requireAttemptsLeft(slot: Handle): void {
    const { flags } = this.pkcs11.C_GetTokenInfo(slot)
    const label = this.#config.tokenLabel
    if ((flags & pkcs11.CKF_USER_PIN_INITIALIZED) === 0)
      throw new TokenUnfit(
        `token "${label}" has no PIN: making it was interrupted, so remove it with the HSM's own tool and start again`,
      )
    if ((flags & pkcs11.CKF_USER_PIN_LOCKED) !== 0)
      throw new TokenUnfit(`the PIN of token "${label}" is locked: the security officer must set a new one`)
    if ((flags & pkcs11.CKF_USER_PIN_FINAL_TRY) !== 0)
      throw new TokenUnfit(
        `token "${label}" has one try left for its PIN, and this service does not spend it: ` +
          `check the PIN, log in once by hand with the HSM's own tool, then start again`,
      )
  }
}

const PIN_REFUSED: readonly number[] = [
  pkcs11.CKR_PIN_INCORRECT,
  pkcs11.CKR_PIN_INVALID,
  pkcs11.CKR_PIN_LEN_RANGE,
  pkcs11.CKR_PIN_EXPIRED,
  pkcs11.CKR_PIN_LOCKED,
]
