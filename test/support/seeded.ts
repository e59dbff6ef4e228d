/** Random numbers that a seed brings back: mulberry32. Each call gives a number from 0 up to, not including, 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `count` of the items, in their order. */
export function sample<T>(items: readonly T[], count: number, random: () => number): readonly T[] {
  const marked = items.map((item, index) => ({ item, index, mark: random() }))
  const chosen = marked.sort((a, b) => a.mark - b.mark).slice(0, count)
  return chosen.sort((a, b) => a.index - b.index).map(({ item }) => item)
}

/** The seed of this run: `CRASH_SEED` of the environment brings an earlier one back. Goes to the test's output. */
export function runSeed(): number {
  const given = process.env['CRASH_SEED']
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given)
  process.stdout.write(`      CRASH_SEED=${seed}\n`)
  return seed
}
