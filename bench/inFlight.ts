import { performance } from 'node:perf_hooks'

/**
 * Does `work` for every item, so many at a time; returns the milliseconds from the first start to the last end. Throws
 * the first failure, once nothing runs any more.
 */
export async function inFlight<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<number> {
  const queue = [...items]
  const failures: unknown[] = []
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined && failures.length === 0; item = queue.shift())
      await work(item).catch((error: unknown) => failures.push(error))
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: width }, worker))
  if (failures.length > 0) throw failures[0]
  return performance.now() - start
}

/** Milliseconds that `step` takes go into `into`. Returns what the step returns. */
export async function timed<T>(into: number[], step: () => Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await step()
  into.push(performance.now() - start)
  return result
}
