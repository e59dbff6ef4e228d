/** Things that come in any order and are told in their own. */
export interface Ordered<T> {
  /** The thing at this place, counted from 0; each place once. */
  put(index: number, thing: T): void
  /** What was told, in order. */
  all(): readonly T[]
}

/** Tells each thing as soon as those before it have been told. */
export function createOrdered<T>(tell: ((thing: T) => void) | undefined): Ordered<T> {
  const early = new Map<number, T>()
  const told: T[] = []
  return {
    put(index, thing) {
      early.set(index, thing)
      for (;;) {
        const next = early.get(told.length)
        if (next === undefined) return
        told.push(next)
        tell?.(next)
      }
    },
    all: () => told,
  }
}
