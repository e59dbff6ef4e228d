/** What is counted of each answer. */
export interface Metrics {
  answered(answer: { readonly operation: string; readonly status: number; readonly seconds: number }): void
}
