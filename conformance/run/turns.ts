/** Who acts: one at a time, in the order in which they asked. */
export interface Turns {
  /** Resolves when it is one's turn. */
  readonly take: () => Promise<void>
  /** Ends one's turn. */
  readonly give: () => void
}

/** The first who asks acts at once. */
export function createTurns(): Turns {
  const asking: (() => void)[] = []
  let isTaken = false
  return {
    take: () =>
      new Promise((resolve) => {
        if (isTaken) asking.push(resolve)
        else resolve()
        isTaken = true
      }),
    give: () => {
      const next = asking.shift()
      if (next === undefined) isTaken = false
      else next()
    },
  }
}
