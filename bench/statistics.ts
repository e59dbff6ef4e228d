export interface Latency {
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** The value that `share` (0 to 1) of the values do not exceed: nearest rank, so always one that was measured. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)))
  const value = sorted[rank - 1]
  if (value === undefined) throw new RangeError('a percentile of no values')
  return value
}

export function latencyOf(milliseconds: readonly number[]): Latency {
  return { p50: percentile(milliseconds, 0.5), p99: percentile(milliseconds, 0.99) }
}
