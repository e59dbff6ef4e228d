import type { TestSam } from './buildSam.ts'

/** Holds calls of the SAM's HSM port until they are let go. */
export interface HeldCalls {
  /** Calls so far, held ones included. */
  calls(): number
  /** Resolves when that many calls have been made. */
  reached(calls: number): Promise<void>
  /** Lets everything go on, now and later; with an error, the held calls and all later ones fail instead. */
  letGo(error?: Error): void
  /** Takes the hand off. */
  undo(): void
}

/** Holds every call of one method from the `first`-th on (counted from 1). */
export function holdCalls(
  sam: TestSam,
  method: 'sign' | 'withUnwrappedKey' | 'random',
  first = 1,
): HeldCalls {
  const { hsm } = sam.deps
  const original: unknown = Reflect.get(hsm, method)
  if (typeof original !== 'function') throw new Error(`no method ${method}`)
  let calls = 0
  let isOpen = false
  let failure: Error | undefined
  const held: (() => void)[] = []
  const waiting: { readonly at: number; readonly resolve: () => void }[] = []
  const standIn = async (...given: readonly unknown[]): Promise<unknown> => {
    calls++
    for (const { at, resolve } of waiting) if (calls >= at) resolve()
    if (calls >= first && !isOpen)
      await new Promise<void>((resolve) => {
        held.push(resolve)
      })
    if (failure !== undefined && calls >= first) throw failure
    return Reflect.apply(original, hsm, given)
  }
  Object.defineProperty(hsm, method, { value: standIn, configurable: true })
  return {
    calls: () => calls,
    reached: (at) =>
      new Promise((resolve) => {
        if (calls >= at) resolve()
        else waiting.push({ at, resolve })
      }),
    letGo(error) {
      isOpen = true
      failure = error
      for (const resolve of held.splice(0)) resolve()
    },
    undo() {
      Reflect.deleteProperty(hsm, method)
    },
  }
}
