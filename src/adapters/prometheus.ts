import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import type { Metrics } from '../ports/metrics.ts'

export interface Prometheus extends Metrics {
  /** Everything counted so far, in Prometheus' text form. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>
}

/** Counts answers by method and status, and their durations. */
export function createPrometheus(): Prometheus {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const answers = new Counter({
    name: 'chancery_ssa_answers_total',
    help: 'Answers of the CSC API by method and status; methods that do not exist count as none',
    labelNames: ['operation', 'status'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'chancery_ssa_answer_seconds',
    help: 'Time from request to answer by method',
    labelNames: ['operation'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  })
  return {
    answered({ operation, status, seconds }) {
      answers.inc({ operation: operation || 'none', status })
      durations.observe({ operation: operation || 'none' }, seconds)
    },
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
