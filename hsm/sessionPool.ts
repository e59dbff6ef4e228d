import type { Handle } from 'pkcs11js'
import { spoilsSession, translated } from './errors.ts'
import { HsmUnavailable } from './hsm.ts'

/** A session for the time of one `run`. */
export interface Session {
  readonly handle: Handle
  /**
   * A copy of `bytes` that lives until the session is given back: pkcs11js hands bare pointers to its threads, and a
   * buffer that nothing else refers to could be collected, or changed by its owner, under a running call.
   */
  copy(bytes: Uint8Array): Buffer
  /** Room for an answer, kept alive in the same way. */
  room(length: number): Buffer
  /** Whether the session, and so the session objects made on it, still live; may be asked after `run`, too. */
  isAlive(): boolean
  /** Closes the session as soon as nothing runs on it: the last resort against an object that will not go. */
  giveUp(): void
}

interface Slot {
  /** Undefined before its first use, and after an error that spoiled it. */
  handle: Handle | undefined
  readonly held: Buffer[]
  takenAt: number | undefined
  /** How often the pool was told of a second while this use lasted. */
  seconds: number
  /** Refuses whoever waits for this use. */
  refuse: ((error: Error) => void) | undefined
  doomed: boolean
}

/** A use that lasts so many times as long as it may will not come back. */
export const LOST_AFTER_LIMITS = 3

export interface PoolDeps {
  readonly open: () => Handle
  /** Never throws: what is closed may be gone already. */
  readonly close: (handle: Handle) => void
  /** Told of each session that an error spoilt. */
  readonly onSpoilt: () => void
  /** Milliseconds, monotonic. */
  readonly now: () => number
  /** So long may one use last, in seconds. */
  readonly limitInSeconds: number
}

export interface PoolStats {
  readonly sessions: number
  readonly inUse: number
  readonly waiting: number
  /** How long the oldest running use has lasted, in milliseconds; 0 if none runs. */
  readonly longestUse: number
}

/** One operation per session at a time; who waits is served in order of arrival. */
export class SessionPool {
  readonly #deps: PoolDeps
  readonly #slots: readonly Slot[]
  readonly #free: Slot[]
  readonly #waiting: { resolve: (slot: Slot) => void; reject: (error: Error) => void }[] = []
  #idle: (() => void) | undefined
  #closed = false

  constructor(deps: PoolDeps, size: number) {
    this.#deps = deps
    this.#slots = Array.from({ length: size }, () => ({
      handle: undefined,
      held: [],
      takenAt: undefined,
      seconds: 0,
      refuse: undefined,
      doomed: false,
    }))
    this.#free = [...this.#slots]
  }

  /**
   * Runs `work` with a session of its own. Throws HsmUnavailable if the device is gone, the pool closed, or the use over
   * its limit: then `work` still runs, and its session is closed when it comes back.
   */
  async run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const slot = await this.#take()
    return new Promise<T>((resolve, reject) => {
      slot.refuse = reject
      this.#use(slot, work).then(resolve, reject)
    })
  }

  /**
   * To be called each second. Uses are measured in these calls and not by a clock: a process that was frozen and thawed
   * has hung in none.
   */
  second(): void {
    for (const slot of this.#slots) {
      if (slot.takenAt === undefined) continue
      slot.seconds++
      if (slot.seconds !== this.#deps.limitInSeconds + 1) continue
      slot.doomed = true
      slot.refuse?.(new HsmUnavailable('the module did not answer in time'))
    }
    if (!this.#isStuck()) return
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new HsmUnavailable('the module hangs'))
  }

  /** Whether a use lasts so long that it will not come back. */
  isLost(): boolean {
    return this.#slots.some(({ seconds }) => seconds > LOST_AFTER_LIMITS * this.#deps.limitInSeconds)
  }

  /** Whether there is no session but such as hang. */
  #isStuck(): boolean {
    return this.#slots.every((slot) => this.#isOverdue(slot))
  }

  #isOverdue({ seconds }: Slot): boolean {
    return seconds > this.#deps.limitInSeconds
  }

  async #use<T>(slot: Slot, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      slot.handle ??= this.#deps.open()
      const session = this.#session(slot, slot.handle)
      return await this.#watch(slot, () => work(session))
    } catch (error) {
      throw translated(error)
    } finally {
      this.#giveBack(slot)
    }
  }

  stats(): PoolStats {
    const taken = this.#slots.flatMap((slot) => (slot.takenAt === undefined ? [] : [slot.takenAt]))
    const longestUse = taken.length === 0 ? 0 : this.#deps.now() - Math.min(...taken)
    return { sessions: this.#slots.length, inUse: taken.length, waiting: this.#waiting.length, longestUse }
  }

  /** Whether a call into the module may be running. */
  isCalling(): boolean {
    return this.#slots.some((slot) => slot.takenAt !== undefined && slot.handle !== undefined)
  }

  /** Closes the sessions that are not in use; they open again with their next use. */
  shutIdle(): void {
    for (const slot of this.#free) this.#shut(slot)
  }

  /** Refuses who waits, waits for what runs, closes all sessions. Returns how many never came back. */
  async close(graceInMilliseconds: number): Promise<number> {
    this.#closed = true
    for (const waiter of this.#waiting.splice(0))
      waiter.reject(new HsmUnavailable('the token is being closed'))
    await this.#allGivenBack(graceInMilliseconds)
    for (const slot of this.#free) this.#shut(slot)
    return this.#slots.length - this.#free.length
  }

  async #watch<T>(slot: Slot, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (spoilsSession(error)) {
        this.#shut(slot)
        this.#deps.onSpoilt()
      }
      throw error
    }
  }

  async #take(): Promise<Slot> {
    if (this.#closed) throw new HsmUnavailable('the token is closed')
    if (this.#isStuck()) throw new HsmUnavailable('the module hangs')
    const slot =
      this.#free.pop() ??
      (await new Promise<Slot>((resolve, reject) => this.#waiting.push({ resolve, reject })))
    slot.takenAt = this.#deps.now()
    return slot
  }

  #giveBack(slot: Slot): void {
    slot.held.length = 0
    slot.takenAt = undefined
    slot.refuse = undefined
    if (this.#isOverdue(slot)) this.#deps.onSpoilt()
    slot.seconds = 0
    if (slot.doomed) this.#shut(slot)
    const next = this.#waiting.shift()
    if (next !== undefined) {
      next.resolve(slot)
      return
    }
    this.#free.push(slot)
    if (this.#free.length === this.#slots.length) this.#idle?.()
  }

  #session(slot: Slot, handle: Handle): Session {
    const isAlive = (): boolean => slot.handle === handle && !slot.doomed
    const hold = (length: number): Buffer => {
      // One byte more: an empty buffer has a null pointer, which modules refuse.
      const buffer = Buffer.alloc(length + 1).subarray(0, length)
      slot.held.push(buffer)
      return buffer
    }
    return {
      handle,
      isAlive,
      copy: (bytes) => {
        const buffer = hold(bytes.length)
        buffer.set(bytes)
        return buffer
      },
      room: hold,
      giveUp: () => {
        if (!isAlive()) return
        slot.doomed = true
        // Closing a session under a running call would pull it away from the module's own thread.
        if (slot.takenAt === undefined) this.#shut(slot)
      },
    }
  }

  #shut(slot: Slot): void {
    if (slot.handle !== undefined) this.#deps.close(slot.handle)
    slot.handle = undefined
    slot.doomed = false
  }

  async #allGivenBack(graceInMilliseconds: number): Promise<void> {
    if (this.#free.length === this.#slots.length) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceInMilliseconds)
      this.#idle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
