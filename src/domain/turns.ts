/** What waits, by user: each user has a turn before another has the next one. */
export class Turns<T> {
  readonly #waiting = new Map<string, T[]>()

  add(userId: string, one: T): void {
    const own = this.#waiting.get(userId)
    if (own === undefined) this.#waiting.set(userId, [one])
    else own.push(one)
  }

  /** Takes what the user has waited for longest whose turn it is; users for whom `isServed` says so are left out. */
  next(isServed: (userId: string) => boolean): T | undefined {
    for (const [userId, own] of this.#waiting) {
      if (isServed(userId)) continue
      const one = own.shift()
      // At the end again, behind all others.
      this.#waiting.delete(userId)
      if (own.length > 0) this.#waiting.set(userId, own)
      return one
    }
    return undefined
  }
}
